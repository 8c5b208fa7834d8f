import { app } from "@azure/functions";
import { json, problem } from "./answer.ts";
import { forCallers } from "./transport.ts";

app.http("collectAgain", {
  methods: ["POST"],
  route: "runs/{runId}/collect",
  authLevel: "anonymous",
  handler: forCallers("operate", async (lrq, request, { name, log }) => {
    const runId = request.params["runId"] ?? "";
    const asked = await lrq.collectAgain(log, runId, name);
    return asked === null
      ? problem("not-found", "There is no run with this id.")
      : json(asked, 202);
  }),
});
