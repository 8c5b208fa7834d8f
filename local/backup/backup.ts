import { tableAt } from "../../shared/azure/quick-clients.ts";
import { readConfig } from "../../shared/config.ts";
import { storageAccess } from "../../shared/credentials.ts";
import { LEDGER_TABLE } from "../../shared/outside.ts";
import { readLedger, writeLedger } from "./ledger-file.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * `lrq backup FILE` and `lrq restore FILE`: the ledger of the storage account that the settings
 * name, to a file or from one. Throws with a sentence if the settings name no account.
 */
export async function moveLedger(
  verb: "backup" | "restore",
  path: string,
  { env, say }: { readonly env: Env; readonly say: (line: string) => void },
): Promise<void> {
  const table = tableAt(accessIn(env), LEDGER_TABLE, {});
  if (verb === "backup") {
    say(`${await writeLedger(table, path)} rows of the ledger in ${path}`);
    return;
  }
  say(`${await readLedger(table, path)} rows of ${path} in the ledger`);
  say("Start the app with PAUSED=true, and read what lrq doctor says of marked actions.");
}

/** The storage account that the settings name, for people. */
export function accountIn(env: Env): string {
  const { AzureWebJobsStorage__accountName: named, AzureWebJobsStorage: connection = "" } = env;
  const [, inConnection] = /AccountName=([^;]+)/i.exec(connection) ?? [];
  return `the storage account ${named ?? inConnection ?? "of the local emulator"}`;
}

/** Only the account is needed, so nothing else has to be set. */
function accessIn(env: Env) {
  const names = Object.entries(env).filter(([name]) => name.startsWith("AzureWebJobsStorage"));
  const config = readConfig({ ...Object.fromEntries(names), POLL_SCHEDULE: "0 * * * * *" });
  if (config.kind === "config") return storageAccess(config.config.storage, env);
  throw new Error(config.problems.map(({ path, message }) => `${path}: ${message}`).join("; "));
}
