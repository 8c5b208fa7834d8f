import { app } from "@azure/functions";
import { json } from "./answer.ts";
import { forCallers } from "./transport.ts";

app.http("cancelAll", {
  methods: ["POST"],
  route: "cancel",
  authLevel: "anonymous",
  handler: forCallers("operate", async (lrq, request, { who, log }) => {
    const preview = request.query.get("preview") === "true";
    return json(await lrq.cancelAll(log, who.caller, preview), preview ? 200 : 202);
  }),
});
