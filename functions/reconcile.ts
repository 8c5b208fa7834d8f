import { app } from "@azure/functions";
import { onTrigger } from "./transport.ts";

app.timer("reconcile", {
  // Twice an hour, not at the full hour: it corrects what should never be wrong.
  schedule: "0 7,37 * * * *",
  handler: async (_timer, context) =>
    await onTrigger(context, async (lrq, log) => await lrq.reconcile(log)),
});
