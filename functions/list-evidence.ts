import { app } from "@azure/functions";
import { json, problem } from "./answer.ts";
import { forCallers } from "./transport.ts";

app.http("listEvidence", {
  methods: ["GET"],
  route: "runs/{runId}/evidence",
  authLevel: "anonymous",
  handler: forCallers("evidence.read", async (lrq, request) => {
    const runId = request.params["runId"] ?? "";
    const evidence = await lrq.listEvidence(runId);
    return evidence === null
      ? problem("not-found", "There is no run with this id.")
      : json({ runId, evidence });
  }),
});
