import { app } from "@azure/functions";
import { json } from "./answer.ts";
import { forRun, noSuchRun } from "./transport.ts";

app.http("cancelRun", {
  methods: ["POST"],
  route: "runs/{runId}/cancel",
  authLevel: "anonymous",
  handler: forRun("run.cancel", async (lrq, request, { run, log }) => {
    const preview = request.query.get("preview") === "true";
    const cancelled = preview ? await lrq.previewCancel(run) : await lrq.cancelRun(log, run);
    if (cancelled === null) return noSuchRun();
    return json(cancelled, preview ? 200 : 202);
  }),
});
