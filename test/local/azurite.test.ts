import { TableClient } from "@azure/data-tables";
import { BlobServiceClient } from "@azure/storage-blob";
import { QueueServiceClient } from "@azure/storage-queue";
import { build } from "esbuild";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Azurite, AzuriteOptions } from "../../local/azurite.ts";
import { startAzurite } from "../../local/azurite.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lrq-azurite-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const newFolder = (): string => mkdtempSync(join(folder, "data-"));
const base64 = (text: string): string => Buffer.from(text).toString("base64");

function clients(azurite: Azurite, account?: string) {
  const text = azurite.connectionString(account);
  const allow = { allowInsecureConnection: true };
  return {
    queue: QueueServiceClient.fromConnectionString(text).getQueueClient("bells"),
    table: TableClient.fromConnectionString(text, "ledger", allow),
    container: BlobServiceClient.fromConnectionString(text).getContainerClient("evidence"),
  };
}

/** Writes one thing to each of the three services, and nothing afterwards. */
async function fill(azurite: Azurite): Promise<void> {
  const { queue, table, container } = clients(azurite);
  await Promise.all([queue.create(), table.createTable(), container.create()]);
  await queue.sendMessage(base64("a bell"));
  await container.getBlockBlobClient("a").upload("bytes", 5);
  await table.submitTransaction([
    ["create", { partitionKey: "scope", rowKey: "budget", open: 1 }],
    ["create", { partitionKey: "scope", rowKey: "sequence!1" }],
  ]);
}

async function read(azurite: Azurite): Promise<unknown> {
  const { queue, table, container } = clients(azurite);
  const { receivedMessageItems } = await queue.receiveMessages();
  const row = await table.getEntity("scope", "budget");
  const blob = await container.getBlobClient("a").downloadToBuffer();
  return [receivedMessageItems[0]?.messageText, row["open"], blob.toString()];
}
const WRITTEN = [base64("a bell"), 1, "bytes"];

async function withAzurite(
  options: AzuriteOptions,
  use: (azurite: Azurite) => Promise<void>,
): Promise<void> {
  const azurite = await startAzurite(options);
  try {
    await use(azurite);
  } finally {
    await azurite.stop();
  }
}

describe("an Azurite of our own", () => {
  it("listens on free ports, keeps accounts apart, and leaves no file when in memory", async () => {
    const before = readdirSync(process.cwd());
    const key = base64("a key that is long enough");
    const accounts = [
      { name: "first", key },
      { name: "second", key: base64("another key that is long enough") },
    ];
    await withAzurite({ dir: null, accounts }, async (azurite) => {
      const { blob, queue, table } = azurite.ports;
      expect(new Set([blob, queue, table, 10_000, 10_001, 10_002]).size).toBe(6);
      await fill(azurite);
      expect(await clients(azurite, "first").queue.exists()).toBe(true);
      expect(await clients(azurite, "second").queue.exists()).toBe(false);
      expect(() => azurite.connectionString("third")).toThrow('no account "third"');
    });
    expect(readdirSync(process.cwd())).toEqual(before);
  });

  it("keeps a connection that nobody uses for ten minutes", async () => {
    await withAzurite({ dir: null }, async ({ ports }) => {
      for (const port of Object.values(ports)) {
        const { headers } = await fetch(`http://127.0.0.1:${port}/devstoreaccount1`);
        expect(headers.get("keep-alive")).toBe("timeout=600");
      }
    });
  });

  it("is the well-known emulator account when none is asked for, and two of them do not meet", async () => {
    await withAzurite({ dir: null }, async (one) => {
      await withAzurite({ dir: null }, async (other) => {
        expect(one.connectionString()).toContain("AccountName=devstoreaccount1;");
        await fill(one);
        expect(await clients(other).queue.exists()).toBe(false);
      });
    });
  });
});

describe("the data folder", () => {
  it("has whatever was answered, after SIGKILL right behind the answer", async () => {
    const dir = newFolder();
    const azurite = await startAzurite({ dir });
    await fill(azurite);
    process.kill(azurite.pid, "SIGKILL");
    expect(await azurite.exited).toEqual({ code: null, signal: "SIGKILL" });
    await azurite.stop();
    await withAzurite({ dir }, async (again) => expect(await read(again)).toEqual(WRITTEN));
  });

  it("has everything after a stop, whoever saves", async () => {
    const dir = newFolder();
    await withAzurite({ dir, durable: false }, fill);
    await withAzurite({ dir }, async (again) => expect(await read(again)).toEqual(WRITTEN));
  });

  it("has every one of many writes that were answered together", async () => {
    const dir = newFolder();
    const azurite = await startAzurite({ dir });
    const { table } = clients(azurite);
    await table.createTable();
    const keys = Array.from({ length: 100 }, (_, number) => `row-${number}`);
    await Promise.all(keys.map((rowKey) => table.createEntity({ partitionKey: "scope", rowKey })));
    process.kill(azurite.pid, "SIGKILL");
    await azurite.exited;
    await withAzurite({ dir }, async (again) => {
      const found = new Set<unknown>();
      for await (const row of clients(again).table.listEntities()) found.add(row.rowKey);
      expect(found).toEqual(new Set(keys));
    });
  });
});

describe("a start that fails", () => {
  it("tells what Azurite said", async () => {
    const file = join(newFolder(), "file");
    writeFileSync(file, "");
    await expect(startAzurite({ dir: file })).rejects.toThrow(
      /^Azurite did not start: it ended with 1\n(?:.*\n)*.*EEXIST/,
    );
  });
});

describe("the process", () => {
  it("saves and ends when its parent is killed", async () => {
    const dir = newFolder();
    const { pid, kill } = await startParent(dir);
    expect(isAlive(pid)).toBe(true);
    await kill();
    await expect.poll(() => isAlive(pid)).toBe(false);
    await withAzurite({ dir }, async (again) => {
      expect(await clients(again).queue.exists()).toBe(true);
    });
  });
});

/**
 * A process of its own that starts Azurite from the built form of the launcher and makes a queue.
 */
async function startParent(dir: string): Promise<{ pid: number; kill: () => Promise<void> }> {
  const outfile = join(newFolder(), "parent.mjs");
  await build({
    stdin: {
      contents: `
        import { QueueServiceClient } from "@azure/storage-queue";
        import { startAzurite } from "./local/azurite.ts";
        const azurite = await startAzurite({ dir: ${JSON.stringify(dir)}, durable: false });
        const queues = QueueServiceClient.fromConnectionString(azurite.connectionString());
        await queues.createQueue("bells");
        console.log(azurite.pid);`,
      resolveDir: process.cwd(),
    },
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    banner: {
      js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
    },
    logLevel: "error",
  });
  const parent = spawn(process.execPath, [outfile], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(parent.stdout, "data");
  return {
    pid: Number(String(line)),
    async kill() {
      parent.kill("SIGKILL");
      await once(parent, "exit");
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
