import { app } from "@azure/functions";
import { json, problem } from "./answer.ts";
import { forCallers } from "./transport.ts";

app.http("resumeRun", {
  methods: ["POST"],
  route: "runs/{runId}/resume",
  authLevel: "anonymous",
  handler: forCallers("operate", async (lrq, request, { name, log }) => {
    const runId = request.params["runId"] ?? "";
    const resumed = await lrq.resumeRun(log, runId, name);
    return resumed === null
      ? problem("not-found", "There is no run with this id.")
      : json({ runId, resumed });
  }),
});
