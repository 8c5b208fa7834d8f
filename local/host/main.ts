import { parseArgs } from "node:util";
import { startHost } from "./host.ts";
import { describeError } from "./invoke.ts";

// The process of the local Functions host. It says `listening http://127.0.0.1:PORT` on standard
// output, one line and nothing else; the log goes to standard error. PORT (7071, or 0 for any),
// AzureWebJobsStorage, LRQ_STATE_DIR, LRQ_MASTER_KEY.

/** Core Tools' port, so that addresses in other people's notes work here. */
const DEFAULT_PORT = 7071;

/** The host's own log, one line each. */
function log(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  await main();
} catch (error) {
  log(
    `the Functions host did not start: ${error instanceof Error ? error.message : String(error)}`,
  );
  process.exit(1);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { root: { type: "string" } } });
  const host = await startHost({
    root: values.root ?? process.cwd(),
    port: portOf(process.env["PORT"]),
    storage: storageOf(process.env["AzureWebJobsStorage"]),
    stateDir: process.env["LRQ_STATE_DIR"] ?? null,
    masterKey: process.env["LRQ_MASTER_KEY"] || null,
    log,
  });
  let ending = false;
  const end = (why: string): void => {
    if (ending) return;
    ending = true;
    log(`the Functions host stops: ${why}`);
    void host.stop().then(() => process.exit(0));
  };
  process.on("SIGTERM", () => end("SIGTERM"));
  process.on("SIGINT", () => end("SIGINT"));
  // The worker, too, logs a rejection that nobody handles and goes on.
  process.on("unhandledRejection", (reason) => log(`unhandled: ${describeError(reason)}`));
  if (process.env["LRQ_EXIT_WITH_PARENT"] === "1") followParent(end);
  for (const { name, ...rest } of host.functions) log(`function ${name} ${JSON.stringify(rest)}`);
  process.stdout.write(`listening ${host.url}\n`);
}

/**
 * A parent that was killed closes its end of the channel, or of standard input, whatever killed it.
 */
function followParent(end: (why: string) => void): void {
  if (process.channel !== undefined && process.channel !== null) {
    process.on("disconnect", () => end("the parent is gone"));
    return;
  }
  process.stdin.on("end", () => end("the parent is gone")).on("error", () => undefined);
  process.stdin.resume();
}

function portOf(text: string | undefined): number {
  if (text === undefined || text === "") return DEFAULT_PORT;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`PORT is "${text}", not a port number`);
  }
  return port;
}

function storageOf(text: string | undefined): string {
  if (text === undefined || text === "") {
    throw new Error(
      "AzureWebJobsStorage is not set: it needs the connection string of a storage account",
    );
  }
  return text;
}
