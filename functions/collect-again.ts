import { app } from "@azure/functions";
import { json } from "./answer.ts";
import { forWholeRun, noSuchRun } from "./transport.ts";

app.http("collectAgain", {
  methods: ["POST"],
  route: "runs/{runId}/collect",
  authLevel: "anonymous",
  handler: forWholeRun("operate", async (lrq, _request, { name, runId, log }) => {
    const asked = await lrq.collectAgain(log, runId, name);
    return asked === null ? noSuchRun() : json(asked, 202);
  }),
});
