import { app } from "@azure/functions";
import { json } from "./answer.ts";
import { forWholeRun, noSuchRun } from "./transport.ts";

app.http("readManifest", {
  methods: ["GET"],
  route: "runs/{runId}/manifest",
  authLevel: "anonymous",
  handler: forWholeRun("run.read", async (lrq, _request, { runId }) => {
    const manifest = await lrq.readManifest(runId);
    return manifest === null ? noSuchRun() : json(manifest);
  }),
});
