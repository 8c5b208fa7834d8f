import { app } from "@azure/functions";
import { json, problem } from "./answer.ts";
import { forCallers } from "./transport.ts";

app.http("approveRun", {
  methods: ["POST"],
  route: "runs/{runId}/approve",
  authLevel: "anonymous",
  handler: forCallers("run.approve", async (lrq, request, { who, log, rawBody }) => {
    const runId = request.params["runId"] ?? "";
    const approved = await lrq.approveRun(log, { runId, who, rawBody });
    switch (approved.kind) {
      case "approved": {
        const { planHash, given, needed } = approved;
        return json({ runId, planHash, given, needed });
      }
      case "notFound":
        return problem("not-found", "There is no run with this id.");
      case "forbidden":
        return problem("forbidden", approved.detail);
      case "badBody":
        return problem("bad-request", approved.detail);
      case "refused":
        return problem("not-approvable", approved.detail);
    }
  }),
});
