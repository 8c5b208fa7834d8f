import { app } from "@azure/functions";
import { onTrigger } from "./transport.ts";

app.storageQueue("sendCallbacks", {
  queueName: "callbacks",
  connection: "AzureWebJobsStorage",
  handler: async (message, context) =>
    await onTrigger(context, async (lrq, log) => await lrq.callBack(log, message)),
});
