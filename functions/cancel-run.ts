import { app } from "@azure/functions";
import { json, problem } from "./answer.ts";
import { forCallers } from "./transport.ts";

app.http("cancelRun", {
  methods: ["POST"],
  route: "runs/{runId}/cancel",
  authLevel: "anonymous",
  handler: forCallers("run.cancel", async (lrq, request, { name, log }) => {
    const runId = request.params["runId"] ?? "";
    const preview = request.query.get("preview") === "true";
    const cancelled = preview
      ? await lrq.previewCancel(runId)
      : await lrq.cancelRun(log, runId, name);
    if (cancelled === null) return problem("not-found", "There is no run with this id.");
    return json(cancelled, preview ? 200 : 202);
  }),
});
