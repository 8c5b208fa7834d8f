import { app } from "@azure/functions";
import { appOrThrow, logOf } from "./transport.ts";

app.storageQueue("drainSequences", {
  queueName: "command-sequences",
  connection: "AzureWebJobsStorage",
  handler: async (message, context) => {
    await appOrThrow().drain(logOf(context), message);
  },
});
