import { app, output } from "@azure/functions";

// The least a webhook can do: send its body on as one queue message. What lrq does is measured
// against it.

const queue = output.storageQueue({ queueName: "bare", connection: "AzureWebJobsStorage" });

app.http("bare", {
  methods: ["POST"],
  route: "bare",
  authLevel: "anonymous",
  extraOutputs: [queue],
  handler: async (request, context) => {
    context.extraOutputs.set(queue, await request.text());
    return { status: 202 };
  },
});
