import { app } from "@azure/functions";
import { onTrigger } from "./transport.ts";

app.timer("startSweeps", {
  // With the poll: once a minute it starts the rounds that are due, and goes on with the open ones.
  schedule: "%POLL_SCHEDULE%",
  handler: async (_timer, context) =>
    await onTrigger(context, async (lrq, log) => await lrq.advanceSweeps(log)),
});
