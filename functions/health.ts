import { app } from "@azure/functions";
import { json } from "./answer.ts";

// Static and without a key: it says that the app answers, and nothing about it.
app.http("health", {
  methods: ["GET"],
  route: "health",
  authLevel: "anonymous",
  handler: () => json({ status: "ok" }),
});
