import { QueueServiceClient, RestError } from "@azure/storage-queue";
import type { SettingLookup } from "./setting-expression.ts";

/**
 * Opens the queue account of a binding. `connection` is the name of a setting (or of
 * `AzureWebJobs<name>`) that holds a connection string; without one, or with AzureWebJobsStorage,
 * it is the host's own `storage`. Throws when the setting is missing: identity-based connections
 * are for Azure.
 */
export function openQueues(
  connection: unknown,
  storage: string,
  lookup: SettingLookup,
): QueueServiceClient {
  const name = typeof connection === "string" ? connection : "";
  const isDefault = name === "" || name === "AzureWebJobsStorage";
  const text = isDefault ? storage : (lookup(`AzureWebJobs${name}`) ?? lookup(name));
  if (text === undefined) throw new Error(`the connection setting ${name} is not set`);
  // Few and quick tries: the listener has a back-off of its own.
  const retryOptions = { maxTries: 3, retryDelayInMs: 100, maxRetryDelayInMs: 1000 };
  return QueueServiceClient.fromConnectionString(text, { retryOptions });
}

/**
 * The message was deleted or taken by somebody else: 404, or 400 with PopReceiptMismatch (Azurite
 * says the latter).
 */
export function isGone(error: unknown): boolean {
  if (!(error instanceof RestError)) return false;
  return error.statusCode === 404 || (error.statusCode === 400 && isMismatch(error));
}

function isMismatch(error: RestError): boolean {
  return error.code === "PopReceiptMismatch" || error.message.includes("PopReceiptMismatch");
}

/** The longest queue name (Queue service limit). */
const MAX_QUEUE_NAME = 63;

/** Where messages of a queue go that keep failing; null for queues that have no such place. */
export function poisonQueueOf(queue: string): string | null {
  const poison = `${queue}-poison`;
  return queue.endsWith("-poison") || poison.length > MAX_QUEUE_NAME ? null : poison;
}
