import { app } from "@azure/functions";
import { json } from "./answer.ts";
import { forCallers } from "./transport.ts";

app.http("resume", {
  methods: ["POST"],
  route: "resume",
  authLevel: "anonymous",
  handler: forCallers("operate", async (lrq, _request, { name, log }) => {
    await lrq.resume(log, name);
    return json({ paused: false, by: name });
  }),
});
