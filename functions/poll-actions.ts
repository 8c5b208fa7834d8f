import { app } from "@azure/functions";
import { appOrThrow, logOf } from "./transport.ts";

app.timer("pollActions", {
  // Every five seconds at most; the poll decides by its own interval whether it asks Defender.
  schedule: "%POLL_SCHEDULE%",
  handler: async (_timer, context) => {
    await appOrThrow().poll(logOf(context));
  },
});
