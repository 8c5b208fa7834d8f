import { QueueClient } from "@azure/storage-queue";
import type { Bells } from "../ports.ts";
import { creating, type StorageAccess } from "./access.ts";

/** The queues, by the names that the triggers use. */
export const QUEUES = {
  drain: "command-sequences",
  collect: "results",
  callback: "callbacks",
} as const;

/** Storage queues take at most seven days of invisibility. */
const DELAY_SECONDS_MAX = 604_800;

/** The three kinds of bells, as messages of storage queues. */
export function createBellQueues(access: StorageAccess): Bells {
  const drain = openQueue(access, QUEUES.drain);
  const collect = openQueue(access, QUEUES.collect);
  const callbacks = openQueue(access, QUEUES.callback);
  return {
    ringDrain: async (bell, delayMs) => await send(drain, { v: 1, bell }, delayMs),
    ringCollect: async (sequenceId, delayMs) =>
      await send(collect, { v: 1, collect: { sequenceId } }, delayMs),
    ringCallback: async (callback) => await send(callbacks, { v: 1, callback }, 0),
  };
}

async function send(queue: QueueClient, body: object, delayMs: number): Promise<void> {
  const seconds = Math.min(Math.max(0, Math.ceil(delayMs / 1_000)), DELAY_SECONDS_MAX);
  // The Functions host expects base64. A message must live longer than the default of seven days.
  const text = Buffer.from(JSON.stringify(body)).toString("base64");
  const options = { visibilityTimeout: seconds, messageTimeToLive: -1 };
  await creating(
    "QueueNotFound",
    async () => await queue.create(),
    async () => await queue.sendMessage(text, options),
  );
}

function openQueue(access: StorageAccess, name: string): QueueClient {
  return access.kind === "identity"
    ? new QueueClient(`${access.queueUrl}/${name}`, access.credential)
    : new QueueClient(access.connectionString, name);
}
