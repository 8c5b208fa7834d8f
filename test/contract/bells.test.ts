import { setTimeout } from "node:timers/promises";
import { QueueClient, QueueServiceClient, type DequeuedMessageItem } from "@azure/storage-queue";
import { expect, it } from "vitest";
import { createMemoryBells, type MemoryQueue } from "../../local/memory/bells.ts";
import { statusOf } from "../../shared/azure/access.ts";
import { createBellQueues, QUEUES } from "../../shared/azure/bell-queues.ts";
import { createPoisonQueues } from "../../shared/azure/poison-queues.ts";
import { drainMessageSchema } from "../../shared/ledger/outbox/message.ts";
import { takeAccount } from "../azurite-account.ts";
import { bellsContract, type OpenedBells } from "./bells.contract.ts";

bellsContract("memory", () => {
  let nowMs = 1_790_000_000_000;
  const bells = createMemoryBells({ nowMs: () => nowMs });
  const receive = async (queue: MemoryQueue) =>
    bells.receive(nowMs, { queue }).map(({ id, body }) => {
      bells.complete(id);
      return body;
    });
  const pass = async (ms: number) => {
    nowMs += ms;
  };
  return { bells, receive, pass, nowMs: () => nowMs, size: async () => bells.size() };
});

bellsContract("Azurite", () => openQueues(takeAccount()));

it("the queues hold base64 of JSON that never expires", async () => {
  const connectionString = takeAccount();
  const bells = createBellQueues({ kind: "connectionString", connectionString });
  await bells.ringDrain({ why: "repair", runId: null, sequenceIds: [], urgent: false }, 0);
  const queue = new QueueClient(connectionString, QUEUES.drain);
  const [message] = (await queue.receiveMessages()).receivedMessageItems;
  expect(message?.messageText).toMatch(/^[A-Za-z0-9+/]+=*$/);
  expect(drainMessageSchema.safeParse(decoded(message?.messageText ?? "")).success).toBe(true);
  expect(message?.expiresOn.getUTCFullYear()).toBe(9999);
});

it("the queues are only those that were rung", async () => {
  const connectionString = takeAccount();
  const bells = createBellQueues({ kind: "connectionString", connectionString });
  await bells.ringCollect("run.1", 0);
  const names: string[] = [];
  for await (const { name } of QueueServiceClient.fromConnectionString(
    connectionString,
  ).listQueues()) {
    names.push(name);
  }
  expect(names).toEqual(["results"]);
});

it("messages that the host has given up are counted for each queue, and none is no queue", async () => {
  const connectionString = takeAccount();
  const poison = createPoisonQueues({ kind: "connectionString", connectionString });
  expect(await poison.count()).toEqual([]);
  const queue = new QueueClient(connectionString, `${QUEUES.collect}-poison`);
  await queue.create();
  expect(await poison.count()).toEqual([]);
  for (const text of ["one", "two"]) await queue.sendMessage(text);
  expect(await poison.count()).toEqual([{ queue: "results-poison", count: 2 }]);
});

it("messages that the host has given up are not known if storage does not answer", async () => {
  const connectionString =
    "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;QueueEndpoint=http://127.0.0.1:1/a";
  const poison = createPoisonQueues({ kind: "connectionString", connectionString });
  expect(await poison.count()).toBeNull();
});

function openQueues(connectionString: string): OpenedBells {
  const bells = createBellQueues({ kind: "connectionString", connectionString });
  return {
    bells,
    receive: async (name) => await received(new QueueClient(connectionString, QUEUES[name])),
    size: async () => {
      const service = QueueServiceClient.fromConnectionString(connectionString);
      let size = 0;
      for await (const { name } of service.listQueues()) {
        const { approximateMessagesCount } = await service.getQueueClient(name).getProperties();
        size += approximateMessagesCount ?? 0;
      }
      return size;
    },
    // The service counts in its own time; what is due at the whole second gets a little more.
    pass: async (ms) => await setTimeout(ms + 500),
    nowMs: () => performance.now(),
  };
}

/** Takes all that is visible; 32 is the most one call gives. */
async function received(queue: QueueClient): Promise<unknown[]> {
  const bodies: unknown[] = [];
  for (;;) {
    const items = await visible(queue);
    if (items.length === 0) return bodies;
    for (const { messageId, popReceipt, messageText } of items) {
      bodies.push(decoded(messageText));
      await queue.deleteMessage(messageId, popReceipt);
    }
  }
}

async function visible(queue: QueueClient): Promise<DequeuedMessageItem[]> {
  try {
    return (await queue.receiveMessages({ numberOfMessages: 32 })).receivedMessageItems;
  } catch (error) {
    if (statusOf(error) === 404) return [];
    throw error;
  }
}

/** As the Functions host decodes a message. */
function decoded(text: string): unknown {
  return JSON.parse(Buffer.from(text, "base64").toString("utf8"));
}
