import { TableClient, TableServiceClient } from "@azure/data-tables";
import { BlobServiceClient } from "@azure/storage-blob";
import { QueueServiceClient } from "@azure/storage-queue";

/** Something that was stored, in words of where, and its bytes. */
export interface Stored {
  readonly where: string;
  readonly bytes: Buffer;
}

/** The most messages a peek shows (Queue service). */
const PEEK_MAX = 32;

/**
 * Everything in a storage account: rows of all tables, visible messages of all queues, all blobs.
 */
export async function storageDump(connectionString: string): Promise<Stored[]> {
  const parts = [rowsIn, visibleMessages, blobsIn].map(
    async (dump) => await dump(connectionString),
  );
  return (await Promise.all(parts)).flat();
}

async function rowsIn(connectionString: string): Promise<Stored[]> {
  const insecure = { allowInsecureConnection: true };
  const service = TableServiceClient.fromConnectionString(connectionString, insecure);
  const stored: Stored[] = [];
  for await (const { name = "" } of service.listTables()) {
    const table = TableClient.fromConnectionString(connectionString, name, insecure);
    for await (const row of table.listEntities()) {
      const where = `table ${name}, row ${row.rowKey}`;
      stored.push({ where, bytes: Buffer.from(JSON.stringify(row)) });
      // Bodies are JSON within JSON, with escapes of their own.
      for (const value of Object.values(row)) {
        if (typeof value === "string") stored.push({ where, bytes: Buffer.from(value) });
      }
    }
  }
  return stored;
}

/** Messages of all queues that could be taken now. */
export async function visibleMessages(connectionString: string): Promise<Stored[]> {
  const service = QueueServiceClient.fromConnectionString(connectionString);
  const stored: Stored[] = [];
  for await (const { name } of service.listQueues()) {
    const queue = service.getQueueClient(name);
    const { peekedMessageItems } = await queue.peekMessages({ numberOfMessages: PEEK_MAX });
    for (const { messageText } of peekedMessageItems) {
      stored.push({ where: `queue ${name}`, bytes: Buffer.from(messageText, "base64") });
    }
  }
  return stored;
}

async function blobsIn(connectionString: string): Promise<Stored[]> {
  const service = BlobServiceClient.fromConnectionString(connectionString);
  const stored: Stored[] = [];
  for await (const { name: container } of service.listContainers()) {
    const client = service.getContainerClient(container);
    for await (const { name } of client.listBlobsFlat({ includeMetadata: true })) {
      const where = `container ${container}, blob ${name}`;
      stored.push({ where, bytes: await client.getBlobClient(name).downloadToBuffer() });
      stored.push({ where: `${where}, its name`, bytes: Buffer.from(name) });
    }
  }
  return stored;
}
