import { app } from "@azure/functions";
import { json, problem } from "./answer.ts";
import { forCallers } from "./transport.ts";

app.http("pause", {
  methods: ["POST"],
  route: "pause",
  authLevel: "anonymous",
  handler: forCallers("operate", async (lrq, _request, { name, log, rawBody }) => {
    const why = lrq.reasonIn(rawBody);
    if (why === null) {
      return problem("bad-request", 'Send {"reason": "..."} with 1 to 500 characters.');
    }
    await lrq.pause(log, { by: name, why });
    return json({ paused: true, by: name, reason: why });
  }),
});
