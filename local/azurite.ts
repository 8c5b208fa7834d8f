import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { azuriteProgram } from "./azurite-child.ts";

export interface AzuriteOptions {
  /** Folder that keeps the data between lives; null keeps it in memory. */
  readonly dir: string | null;
  /** Accounts with base64 keys; absent or empty is the well-known `devstoreaccount1`. */
  readonly accounts?: readonly AzuriteAccount[];
  /**
   * False writes what Azurite says to standard error; true, the default, keeps it for error
   * messages.
   */
  readonly quiet?: boolean;
  /**
   * True, the default with a folder: a write is answered once it is on disk, so whatever was
   * answered survives SIGKILL. False leaves it to Azurite, which saves every 5 s.
   */
  readonly durable?: boolean;
  /** Those of an earlier life, whose clients look for it there; absent takes free ones. */
  readonly ports?: AzuritePorts;
}

export interface AzuriteAccount {
  /** 3 to 24 lower-case letters and digits. */
  readonly name: string;
  readonly key: string;
}

interface AzuritePorts {
  readonly blob: number;
  readonly queue: number;
  readonly table: number;
}

export interface Azurite {
  /** For one account; the first one when absent. Throws for an account that was not asked for. */
  connectionString(account?: string): string;
  readonly ports: AzuritePorts;
  readonly pid: number;
  /** Settles when the process is gone, whether it was stopped or died. */
  readonly exited: Promise<AzuriteExit>;
  /** Saves everything and ends the process. */
  stop(): Promise<void>;
  /** Ends it as a crash would. */
  kill(): void;
}

interface AzuriteExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The emulator's published account; its key is no secret. */
const EMULATOR_ACCOUNT: AzuriteAccount = {
  name: "devstoreaccount1",
  key: "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
};

/** A start takes 2 to 5 s; a busy machine gets much more before we give up. */
const START_TIMEOUT_MS = 60_000;
/** How long a stop may save before it is cut off. */
const STOP_TIMEOUT_MS = 10_000;
/**
 * How long a connection stays open that nobody uses. After Azurite's own 5 s a busy machine closes
 * one just as a commit leaves on it; whether that commit was applied, nobody can know.
 */
const KEEP_ALIVE_SECONDS = 600;
/** What is kept of the output, for error messages. */
const KEPT_LINES = 20;

/**
 * Starts an Azurite of our own on free ports of loopback and returns when all three endpoints
 * answer. It ends with this process, however this one ends. Throws with Azurite's last words when
 * it does not come up.
 */
export async function startAzurite(options: AzuriteOptions): Promise<Azurite> {
  const accounts = options.accounts?.length ? options.accounts : [EMULATOR_ACCOUNT];
  const child = spawnChild(options, accounts);
  const output = watchOutput(child, options.quiet ?? true);
  const exited = new Promise<AzuriteExit>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const ports = await firstOf(output.listening, exited, child).catch((error: unknown) => {
    child.kill("SIGKILL");
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`Azurite did not start: ${why}\n${output.lines.join("\n")}`, { cause: error });
  });
  return {
    ports,
    pid: child.pid ?? 0,
    exited,
    connectionString: (name) => connectionString(ports, accounts, name),
    stop: () => stopChild(child, exited),
    kill: () => void child.kill("SIGKILL"),
  };
}

function spawnChild(options: AzuriteOptions, accounts: readonly AzuriteAccount[]): ChildProcess {
  const place = options.dir === null ? ["--inMemoryPersistence"] : ["--location", options.dir];
  const flags = [
    ...(["blob", "queue", "table"] as const).flatMap((kind) => [
      `--${kind}Port`,
      String(options.ports?.[kind] ?? 0),
      `--${kind}KeepAliveTimeout`,
      String(KEEP_ALIVE_SECONDS),
    ]),
    "--silent",
    "--disableTelemetry",
    // The SDKs speak API versions newer than this Azurite. Not --loose: what it cannot do is to be
    // heard.
    "--skipApiVersionCheck",
    ...place,
  ];
  const durable = options.dir !== null && (options.durable ?? true);
  const program = azuriteProgram({ main: azuriteMain(), flags, durable });
  return spawn(process.execPath, ["-e", program], {
    stdio: ["pipe", "pipe", "pipe"],
    // Ctrl-C in a terminal reaches the whole process group: whoever works on this storage must be
    // able to end first.
    detached: process.platform !== "win32",
    windowsHide: true,
    env: { ...process.env, AZURITE_ACCOUNTS: accounts.map((a) => `${a.name}:${a.key}`).join(";") },
  });
}

const AzuritePackage = z.object({ bin: z.object({ azurite: z.string() }) });

/** Looks from this file upward, then from the working directory. */
function azuriteMain(): string {
  const from = [import.meta.url, pathToFileURL(join(process.cwd(), "package.json")).href];
  for (const place of from) {
    try {
      const manifest = createRequire(place).resolve("azurite/package.json");
      const { bin } = AzuritePackage.parse(JSON.parse(readFileSync(manifest, "utf8")));
      return join(dirname(manifest), bin.azurite);
    } catch {
      continue;
    }
  }
  throw new Error("Azurite is not installed: run npm ci with development dependencies");
}

interface Output {
  readonly lines: readonly string[];
  readonly listening: Promise<AzuritePorts>;
}

const LISTENING = /^Azurite (Blob|Queue|Table) service is successfully listening at .*:(\d+)$/;

function watchOutput(child: ChildProcess, quiet: boolean): Output {
  const lines: string[] = [];
  const found = new Map<string, number>();
  const listening = new Promise<AzuritePorts>((resolve) => {
    const hear = (line: string): void => {
      if (!quiet) process.stderr.write(`azurite: ${line}\n`);
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      const [, kind, port] = LISTENING.exec(line) ?? [];
      if (kind !== undefined) found.set(kind, Number(port));
      const [blob, queue, table] = ["Blob", "Queue", "Table"].map((name) => found.get(name));
      if (blob !== undefined && queue !== undefined && table !== undefined) {
        resolve({ blob, queue, table });
      }
    };
    for (const stream of [child.stdout, child.stderr]) {
      let rest = "";
      stream?.setEncoding("utf8").on("data", (text: string) => {
        const parts = (rest + text).split(/\r?\n/);
        rest = parts.pop() ?? "";
        for (const line of parts) if (line !== "") hear(line);
      });
    }
  });
  return { lines, listening };
}

async function firstOf(
  listening: Promise<AzuritePorts>,
  exited: Promise<AzuriteExit>,
  child: ChildProcess,
): Promise<AzuritePorts> {
  let timer: NodeJS.Timeout | undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${START_TIMEOUT_MS / 1000} s`));
    }, START_TIMEOUT_MS);
    child.once("error", reject);
    void exited.then(({ code, signal }) => reject(new Error(`it ended with ${signal ?? code}`)));
  });
  try {
    return await Promise.race([listening, failed]);
  } finally {
    clearTimeout(timer);
  }
}

function connectionString(
  ports: AzuritePorts,
  accounts: readonly AzuriteAccount[],
  name: string | undefined,
): string {
  const account = accounts.find((one) => name === undefined || one.name === name);
  if (account === undefined) throw new Error(`this Azurite has no account "${name}"`);
  const endpoint = (port: number): string => `http://127.0.0.1:${port}/${account.name};`;
  return (
    `DefaultEndpointsProtocol=http;AccountName=${account.name};AccountKey=${account.key};` +
    `BlobEndpoint=${endpoint(ports.blob)}QueueEndpoint=${endpoint(ports.queue)}` +
    `TableEndpoint=${endpoint(ports.table)}`
  );
}

async function stopChild(child: ChildProcess, exited: Promise<AzuriteExit>): Promise<void> {
  // Closing standard input asks for a clean end on every platform; Windows has no SIGTERM to catch.
  child.stdin?.on("error", () => undefined).end();
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
