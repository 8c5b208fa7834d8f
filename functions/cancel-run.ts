import { app } from "@azure/functions";
import { json, problem } from "./answer.ts";
import { forCallers } from "./transport.ts";

app.http("cancelRun", {
  methods: ["POST"],
  route: "runs/{runId}/cancel",
  authLevel: "anonymous",
  handler: forCallers("run.cancel", async (lrq, request, { name, log }) => {
    const cancelled = await lrq.cancelRun(log, request.params["runId"] ?? "", name);
    return cancelled === null
      ? problem("not-found", "There is no run with this id.")
      : json(cancelled, 202);
  }),
});
