import { app } from "@azure/functions";
import { onTrigger } from "./transport.ts";

app.storageQueue("drainSequences", {
  queueName: "command-sequences",
  connection: "AzureWebJobsStorage",
  handler: async (message, context) =>
    await onTrigger(context, async (lrq, log) => await lrq.drain(log, message)),
});
