import { TableClient } from "@azure/data-tables";
import { BlobServiceClient } from "@azure/storage-blob";
import { QueueServiceClient } from "@azure/storage-queue";
import { bodyColumns } from "../../shared/azure/entity.ts";
import type { Stage } from "./stage.ts";

/* Troubles that nobody can make through the app: done to its storage, past it. */

/** Puts a row into the ledger, beside those of the app. */
export async function addRow({ storage }: Stage, rowKey: string, body: object): Promise<void> {
  const insecure = { allowInsecureConnection: true };
  const table = TableClient.fromConnectionString(storage, "ledger", insecure);
  for await (const { partitionKey = "" } of table.listEntities()) {
    await table.createEntity({ partitionKey, rowKey, ...bodyColumns(body) });
    return;
  }
  throw new Error("the app has no ledger yet");
}

/** A message that the host cannot even read, so it is poison at once. */
export async function sendNonsense({ storage }: Stage): Promise<void> {
  const service = QueueServiceClient.fromConnectionString(storage);
  await service.getQueueClient("results").sendMessage("this is not base64!");
}

/** Puts another file in the place of each that was collected. */
export async function changeEvidence({ storage }: Stage): Promise<void> {
  const service = BlobServiceClient.fromConnectionString(storage);
  const container = service.getContainerClient("evidence");
  for await (const { name } of container.listBlobsFlat()) {
    const other = "something else";
    await container.getBlockBlobClient(name).upload(other, other.length);
  }
}

/** Runs the timer that corrects, as the master key may. */
export async function reconcile({ url }: Stage, masterKey: string): Promise<void> {
  const { status } = await fetch(`${url}/admin/functions/reconcile`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-functions-key": masterKey,
      connection: "close",
    },
    body: "{}",
  });
  if (status !== 202) throw new Error(`the host answered ${status}`);
}
