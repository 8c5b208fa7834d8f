import { app } from "@azure/functions";
import { appOrThrow, logOf } from "./transport.ts";

app.timer("reconcile", {
  // Twice an hour, not at the full hour: it corrects what should never be wrong.
  schedule: "0 7,37 * * * *",
  handler: async (_timer, context) => {
    await appOrThrow().reconcile(logOf(context));
  },
});
