import { app } from "@azure/functions";
import { appOrThrow, logOf } from "./transport.ts";

app.storageQueue("collectResults", {
  queueName: "results",
  connection: "AzureWebJobsStorage",
  handler: async (message, context) => {
    await appOrThrow().collect(logOf(context), message);
  },
});
