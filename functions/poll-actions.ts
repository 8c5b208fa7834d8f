import { app } from "@azure/functions";
import { appOrThrow, logOf } from "./transport.ts";

app.timer("pollActions", {
  // Every five seconds at most; the poll itself decides by its interval whether Defender is asked.
  schedule: "%POLL_SCHEDULE%",
  handler: async (_timer, context) => {
    await appOrThrow().poll(logOf(context));
  },
});
