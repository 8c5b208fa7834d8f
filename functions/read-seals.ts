import { app } from "@azure/functions";
import { json, problem } from "./answer.ts";
import { forCallers } from "./transport.ts";

app.http("readSeals", {
  methods: ["GET"],
  route: "runs/{runId}/seals",
  authLevel: "anonymous",
  handler: forCallers("run.read", async (lrq, request, { log }) => {
    const seals = await lrq.readSeals(log, request.params["runId"] ?? "");
    return seals === null ? problem("not-found", "There is no run with this id.") : json(seals);
  }),
});
