import { app } from "@azure/functions";
import { json } from "./answer.ts";
import { conditional } from "./conditional.ts";

// Static and without a key: it says that the app answers, and nothing about it.
app.http("health", {
  methods: ["GET"],
  route: "health",
  authLevel: "anonymous",
  handler: (request) => conditional(request, json({ status: "ok" })),
});
