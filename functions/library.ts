import { app } from "@azure/functions";
import { json, problem } from "./answer.ts";
import { forCallers } from "./transport.ts";

app.http("readLibrary", {
  methods: ["GET"],
  route: "library",
  authLevel: "anonymous",
  handler: forCallers("run.read", async (lrq) => json(await lrq.describeLibrary())),
});

app.http("checkLibrary", {
  methods: ["POST"],
  route: "library/check",
  authLevel: "anonymous",
  handler: forCallers("operate", async (lrq, _request, { name, log, rawBody }) => {
    const checked = await lrq.checkLibrary(log, { by: name, rawBody });
    if (checked.kind === "refused") return problem("bad-request", checked.detail);
    return json(await lrq.describeLibrary());
  }),
});
