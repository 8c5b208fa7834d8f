import { app } from "@azure/functions";
import { json, problem } from "./answer.ts";
import { forCallers } from "./transport.ts";

app.http("readRun", {
  methods: ["GET"],
  route: "runs/{runId}",
  authLevel: "anonymous",
  handler: forCallers("run.read", async (lrq, request) => {
    const run = await lrq.describeRun(request.params["runId"] ?? "");
    return run === null ? problem("not-found", "There is no run with this id.") : json(run);
  }),
});
