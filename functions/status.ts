import { app } from "@azure/functions";
import { json } from "./answer.ts";
import { forCallers } from "./transport.ts";

app.http("status", {
  methods: ["GET"],
  route: "status",
  authLevel: "anonymous",
  handler: forCallers("run.read", async (lrq, _request, { who }) =>
    json(await lrq.describeStatus(who.caller)),
  ),
});
