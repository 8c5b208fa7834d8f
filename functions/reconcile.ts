import { app } from "@azure/functions";
import { appOrThrow, logOf } from "./transport.ts";

app.timer("reconcile", {
  // Twice an hour, off the full hour: it mends what should never be broken.
  schedule: "0 7,37 * * * *",
  handler: async (_timer, context) => {
    await appOrThrow().reconcile(logOf(context));
  },
});
