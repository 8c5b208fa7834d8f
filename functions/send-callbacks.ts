import { app } from "@azure/functions";
import { appOrThrow, logOf } from "./transport.ts";

app.storageQueue("sendCallbacks", {
  queueName: "callbacks",
  connection: "AzureWebJobsStorage",
  handler: async (message, context) => {
    await appOrThrow().callBack(logOf(context), message);
  },
});
