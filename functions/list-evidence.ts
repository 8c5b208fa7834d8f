import { app } from "@azure/functions";
import { json } from "./answer.ts";
import { forRun, noSuchRun } from "./transport.ts";

app.http("listEvidence", {
  methods: ["GET"],
  route: "runs/{runId}/evidence",
  authLevel: "anonymous",
  handler: forRun("evidence.read", async (lrq, _request, { run }) => {
    const evidence = await lrq.listEvidence(run);
    return evidence === null ? noSuchRun() : json({ runId: run.runId, evidence });
  }),
});
