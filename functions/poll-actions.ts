import { app } from "@azure/functions";
import { onTrigger } from "./transport.ts";

app.timer("pollActions", {
  // Once a minute. While anything is outstanding, the watch goes on until shortly before the next.
  // Sweeps go with it: a timer of their own would double what an app costs that waits.
  schedule: "%POLL_SCHEDULE%",
  handler: async (_timer, context) => {
    await onTrigger(context, async (lrq, log) => {
      const done = await Promise.allSettled([lrq.advanceSweeps(log), lrq.watch(log)]);
      for (const each of done) if (each.status === "rejected") throw each.reason;
    });
  },
});
