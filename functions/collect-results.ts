import { app } from "@azure/functions";
import { onTrigger } from "./transport.ts";

app.storageQueue("collectResults", {
  queueName: "results",
  connection: "AzureWebJobsStorage",
  handler: async (message, context) =>
    await onTrigger(context, async (lrq, log) => await lrq.collect(log, message)),
});
