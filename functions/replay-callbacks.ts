import { app } from "@azure/functions";
import { json, problem } from "./answer.ts";
import { forCallers } from "./transport.ts";

app.http("replayCallbacks", {
  methods: ["POST"],
  route: "runs/{runId}/callbacks/replay",
  authLevel: "anonymous",
  handler: forCallers("operate", async (lrq, request, { name, log }) => {
    const all = request.query.get("all") === "true";
    const runId = request.params["runId"] ?? "";
    const replayed = await lrq.replayCallbacks(log, runId, { by: name, all });
    return replayed === null
      ? problem("not-found", "There is no run with this id.")
      : json(replayed, 202);
  }),
});
