import { app } from "@azure/functions";
import { json } from "./answer.ts";
import { forWholeRun, noSuchRun } from "./transport.ts";

app.http("replayCallbacks", {
  methods: ["POST"],
  route: "runs/{runId}/callbacks/replay",
  authLevel: "anonymous",
  handler: forWholeRun("operate", async (lrq, request, { name, runId, log }) => {
    const all = request.query.get("all") === "true";
    const replayed = await lrq.replayCallbacks(log, runId, { by: name, all });
    return replayed === null ? noSuchRun() : json(replayed, 202);
  }),
});
