import { app } from "@azure/functions";
import { onTrigger } from "./transport.ts";

app.timer("pollActions", {
  // Once a minute. While anything is outstanding, the watch goes on until shortly before the next.
  schedule: "%POLL_SCHEDULE%",
  handler: async (_timer, context) =>
    await onTrigger(context, async (lrq, log) => await lrq.watch(log)),
});
