import { app } from "@azure/functions";
import { json, problem } from "./answer.ts";
import { forCallers } from "./transport.ts";

app.http("readManifest", {
  methods: ["GET"],
  route: "runs/{runId}/manifest",
  authLevel: "anonymous",
  handler: forCallers("run.read", async (lrq, request) => {
    const manifest = await lrq.readManifest(request.params["runId"] ?? "");
    return manifest === null
      ? problem("not-found", "There is no run with this id.")
      : json(manifest);
  }),
});
