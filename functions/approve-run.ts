import { app } from "@azure/functions";
import { json, problem } from "./answer.ts";
import { forRun, noSuchRun } from "./transport.ts";

app.http("approveRun", {
  methods: ["POST"],
  route: "runs/{runId}/approve",
  authLevel: "anonymous",
  handler: forRun("run.approve", async (lrq, _request, { who, run: { runId }, log, rawBody }) => {
    const approved = await lrq.approveRun(log, { runId, who, rawBody });
    switch (approved.kind) {
      case "approved": {
        const { planHash, given, needed } = approved;
        return json({ runId, planHash, given, needed });
      }
      case "notFound":
        return noSuchRun();
      case "forbidden":
        return problem("forbidden", approved.detail);
      case "badBody":
        return problem("bad-request", approved.detail);
      case "refused":
        return problem("not-approvable", approved.detail);
    }
  }),
});
