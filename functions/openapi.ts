import { app } from "@azure/functions";
import { json } from "./answer.ts";
import { badQuery } from "./query.ts";
import { forCallers } from "./transport.ts";

app.http("openapi", {
  methods: ["GET"],
  route: "openapi.json",
  authLevel: "anonymous",
  handler: forCallers(null, async (lrq, request) => badQuery(request, {}) ?? json(lrq.openApi())),
});
