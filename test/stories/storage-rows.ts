import { TableClient } from "@azure/data-tables";
import { QueueServiceClient } from "@azure/storage-queue";
import { SUMMARIES_KEY } from "../../shared/ledger/row/keys.ts";

/** All that can be stored for a request: rows of the ledger, and messages of all queues. */
export interface StorageRows {
  /**
   * Row keys of the ledger; none while there is no table. Without the row in which the timer of the
   * repair notes how far it is, at minutes 7 and 37 of an hour, whatever anybody asks.
   */
  readonly ledger: readonly string[];
  /** Messages of all queues, visible or not; approximate only while somebody writes. */
  readonly messages: number;
}

/** What lies in a storage account, looked at past the app. */
export async function storageRows(connectionString: string): Promise<StorageRows> {
  return {
    ledger: await ledgerKeys(connectionString),
    messages: await messageCount(connectionString),
  };
}

/** Puts a message on a queue of the account, encoded as the Functions host takes it. */
export async function sendMessage(
  connectionString: string,
  queue: string,
  message: object,
): Promise<void> {
  const service = QueueServiceClient.fromConnectionString(connectionString);
  const text = Buffer.from(JSON.stringify(message)).toString("base64");
  const client = service.getQueueClient(queue);
  // A host makes it when it begins to listen; none may have lived that long yet.
  await client.createIfNotExists();
  await client.sendMessage(text);
}

async function ledgerKeys(connectionString: string): Promise<string[]> {
  const table = TableClient.fromConnectionString(connectionString, "ledger", {
    allowInsecureConnection: true,
  });
  const keys: string[] = [];
  try {
    for await (const { rowKey = "" } of table.listEntities()) {
      if (rowKey !== SUMMARIES_KEY) keys.push(rowKey);
    }
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
  return keys;
}

async function messageCount(connectionString: string): Promise<number> {
  const service = QueueServiceClient.fromConnectionString(connectionString);
  let messages = 0;
  for await (const { name } of service.listQueues()) {
    const { approximateMessagesCount } = await service.getQueueClient(name).getProperties();
    messages += approximateMessagesCount ?? 0;
  }
  return messages;
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "statusCode" in error && error.statusCode === 404;
}
