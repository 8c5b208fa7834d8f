import { app } from "@azure/functions";
import { json } from "./answer.ts";
import { forWholeRun, noSuchRun } from "./transport.ts";

app.http("readSeals", {
  methods: ["GET"],
  route: "runs/{runId}/seals",
  authLevel: "anonymous",
  handler: forWholeRun("run.read", async (lrq, _request, { runId, log }) => {
    const seals = await lrq.readSeals(log, runId);
    return seals === null ? noSuchRun() : json(seals);
  }),
});
