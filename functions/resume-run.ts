import { app } from "@azure/functions";
import { json } from "./answer.ts";
import { forWholeRun, noSuchRun } from "./transport.ts";

app.http("resumeRun", {
  methods: ["POST"],
  route: "runs/{runId}/resume",
  authLevel: "anonymous",
  handler: forWholeRun("operate", async (lrq, _request, { name, runId, log }) => {
    const resumed = await lrq.resumeRun(log, runId, name);
    return resumed === null ? noSuchRun() : json({ runId, resumed });
  }),
});
