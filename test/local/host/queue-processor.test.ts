import type { DequeuedMessageItem, QueueClient } from "@azure/storage-queue";
import { QueueServiceClient } from "@azure/storage-queue";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import type { Azurite } from "../../../local/azurite.ts";
import { startAzurite } from "../../../local/azurite.ts";
import type { QueueParts } from "../../../local/host/queue-processor.ts";
import { processMessage } from "../../../local/host/queue-processor.ts";

let azurite: Azurite;
let queue: QueueClient;
let poison: QueueClient;
const lines: string[] = [];

beforeAll(async () => {
  azurite = await startAzurite({ dir: null });
  const queues = QueueServiceClient.fromConnectionString(azurite.connectionString());
  queue = queues.getQueueClient("work");
  poison = queues.getQueueClient("work-poison");
  await queue.create();
});
afterAll(async () => {
  await azurite.stop();
});
afterEach(async () => {
  vi.useRealTimers();
  lines.length = 0;
  await queue.clearMessages();
});

function partsFor(run: QueueParts["run"], more: Partial<QueueParts> = {}): QueueParts {
  return {
    name: "work",
    queue,
    poison,
    settings: {
      batchSize: 1,
      newBatchThreshold: 0,
      maxPollingIntervalMs: 100,
      visibilityTimeoutSeconds: 600,
      maxDequeueCount: 1,
      messageEncoding: "none",
    },
    binary: false,
    run,
    log: (level, _source, message) => lines.push(`${level} ${message}`),
    ...more,
  };
}
async function receiveOne(visibilityTimeout: number): Promise<DequeuedMessageItem> {
  await queue.sendMessage("a message");
  const { receivedMessageItems } = await queue.receiveMessages({ visibilityTimeout });
  const [message] = receivedMessageItems;
  if (message === undefined) throw new Error("the queue gave no message");
  return message;
}
const left = async (): Promise<number | undefined> =>
  (await queue.getProperties()).approximateMessagesCount;
const failed = { kind: "failed", error: new Error("no") } as const;
const succeeded = { kind: "succeeded", result: undefined, response: {} } as const;

describe("a message in work", () => {
  it("is kept hidden past the time it was received for, and deleted under its newest receipt", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const message = await receiveOne(600);
    const { messageId, popReceipt } = message;
    const renewals = vi.spyOn(queue, "updateMessage");
    onTestFinished(() => renewals.mockRestore());
    const parts = partsFor(async () => {
      await vi.advanceTimersByTimeAsync(300_000);
      expect(renewals).toHaveBeenCalledTimes(1);
      await renewals.mock.results[0]?.value;
      const late = queue.updateMessage(messageId, popReceipt, undefined, 600);
      await expect(late).rejects.toMatchObject({ statusCode: 400, code: "PopReceiptMismatch" });
      return succeeded;
    });
    await processMessage(parts, message);
    expect(lines).toEqual([]);
    expect(await left()).toBe(0);
  });

  it("that somebody else took meanwhile is left to them", async () => {
    const message = await receiveOne(600);
    const parts = partsFor(async () => {
      await queue.updateMessage(message.messageId, message.popReceipt, undefined, 600);
      return succeeded;
    });
    await processMessage(parts, message);
    expect(await left()).toBe(1);
    expect(lines).toEqual(["debug the message was changed or taken meanwhile"]);
  });

  it("stays hidden for the visibility timeout after a failure that is not the last", async () => {
    const message = await receiveOne(600);
    const settings = { ...partsFor(async () => failed).settings, maxDequeueCount: 2 };
    await processMessage(
      partsFor(async () => failed, { settings }),
      message,
    );
    expect(await left()).toBe(1);
    expect((await queue.receiveMessages()).receivedMessageItems).toEqual([]);
  });

  it("stays in its queue after the last failure when there is no poison queue", async () => {
    const message = await receiveOne(600);
    await processMessage(
      partsFor(async () => failed, { poison: null }),
      message,
    );
    expect(await left()).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/^warning .* work has no poison queue$/)]);
  });
});
