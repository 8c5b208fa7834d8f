import { app } from "@azure/functions";
import { problem, SAFE_HEADERS } from "./answer.ts";
import { paced } from "./back-pressure.ts";
import { forRun } from "./transport.ts";

app.http("readEvidence", {
  methods: ["GET"],
  route: "runs/{runId}/evidence/{sequenceId}/{index:int}",
  authLevel: "anonymous",
  handler: forRun("evidence.read", async (lrq, request, { name, run, log, invocationId }) => {
    const { sequenceId = "", index = "" } = request.params;
    const which = { sequenceId, index: Number(index) };
    const isOfRun = sequenceId.startsWith(`${run.runId}.`);
    const found = isOfRun ? await lrq.openEvidence(run, which) : null;
    if (found === null)
      return problem("not-found", "There is no such result, or lrq does not have it yet.");
    log("info", "evidenceRead", { ...which, by: name });
    return {
      status: 200,
      headers: {
        ...SAFE_HEADERS,
        "content-type": "application/octet-stream",
        "content-disposition": `attachment; filename="${found.fileName}"`,
        "content-length": String(found.size),
        "x-content-sha256": found.sha256,
      },
      body: paced(found.content, invocationId),
    };
  }),
});
