import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BlobServiceClient } from "@azure/storage-blob";
import { runCommand } from "../../local/lrq/command-line.ts";
import { EVIDENCE_CONTAINER } from "../../shared/outside.ts";

/**
 * What docs/deploy.md says of a backup and a restore: the ledger by `lrq`, and evidence as it is.
 * Queues are not in it, for their messages only point. Nobody may write meanwhile.
 */
export async function copyAccount(from: string, to: string): Promise<void> {
  const file = join(tmpdir(), `lrq-backup-${process.pid}.ndjson`);
  try {
    await lrq(["backup", file], from);
    await lrq(["restore", file, "--yes"], to);
  } finally {
    rmSync(file, { force: true });
  }
  const evidence =
    BlobServiceClient.fromConnectionString(from).getContainerClient(EVIDENCE_CONTAINER);
  const copy = BlobServiceClient.fromConnectionString(to).getContainerClient(EVIDENCE_CONTAINER);
  await copy.create();
  for await (const { name } of evidence.listBlobsFlat()) {
    const bytes = await evidence.getBlobClient(name).downloadToBuffer();
    await copy.getBlockBlobClient(name).uploadData(bytes);
  }
}

async function lrq(words: readonly string[], account: string): Promise<void> {
  const complaints: string[] = [];
  const code = await runCommand(words, {
    env: { AzureWebJobsStorage: account },
    say: () => undefined,
    complain: (line) => void complaints.push(line),
  });
  if (code !== 0) throw new Error(complaints.join("\n"));
}
