import { app } from "@azure/functions";
import { json } from "./answer.ts";
import { forRun, noSuchRun } from "./transport.ts";

app.http("readRun", {
  methods: ["GET"],
  route: "runs/{runId}",
  authLevel: "anonymous",
  handler: forRun("run.read", async (lrq, _request, { run }) => {
    const view = await lrq.describeRun(run);
    return view === null ? noSuchRun() : json(view);
  }),
});
