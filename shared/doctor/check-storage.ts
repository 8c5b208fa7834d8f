import { QUEUES } from "../azure/bell-queues.ts";
import type { StorageAccess } from "../azure/access.ts";
import { found, ok, type Finding } from "./finding.ts";
import { EVIDENCE_CONTAINER, LEDGER_TABLE, ROWS_CONTAINER } from "../outside.ts";
import { containerAt, queueAt, refusalOf, tableAt, type Refusal } from "../azure/quick-clients.ts";

interface Outside {
  readonly nowMs: () => number;
  readonly fetch: typeof fetch;
}

/** What has to be allowed before the ledger is asked for anything. */
export const TABLE_CHECKS: ReadonlySet<string> = new Set(["table, reading", "table, writing"]);

/** One right, and a request that shows whether it is there without doing anything. */
interface Right {
  readonly check: string;
  readonly role: string;
  readonly ask: () => Promise<unknown>;
}

/** A name that nothing has. */
const NOTHING = "nothing is here";
/** An entity tag nothing has: what is asked on this condition is never done. */
const NEVER = '"0x0"';
/** The service tells whole seconds, and the answer takes some of its own. */
const OFFSET_WARNING_SECONDS = 5;
/** Signed webhooks may be five minutes old; tokens and storage keys allow no more either. */
const OFFSET_ERROR_SECONDS = 60;
const CLOCK_TIMEOUT_MS = 10_000;

/**
 * The rights on the account, by what it refuses and why; and how far this clock is from its own.
 */
export async function checkStorage(access: StorageAccess, outside: Outside): Promise<Finding[]> {
  const rights = rightsOn(access).map(async ({ check, role, ask }) =>
    judged(check, role, access, await refusalOf(ask)),
  );
  return await Promise.all([...rights, checkClock(access, outside)]);
}

function rightsOn(access: StorageAccess): Right[] {
  const table = tableAt(access, LEDGER_TABLE);
  const queue = queueAt(access, QUEUES.drain);
  const nowhere = { partitionKey: "doctor", rowKey: NOTHING };
  return [
    {
      check: "table, reading",
      role: "Storage Table Data Contributor",
      ask: async () => await table.getEntity(nowhere.partitionKey, nowhere.rowKey),
    },
    {
      check: "table, writing",
      role: "Storage Table Data Contributor",
      ask: async () => await table.updateEntity(nowhere, "Replace", { etag: `W/${NEVER}` }),
    },
    {
      check: "queues, reading",
      role: "Storage Queue Data Contributor",
      ask: async () => await queue.getProperties(),
    },
    {
      check: "queues, taking",
      role: "Storage Queue Data Contributor",
      ask: async () => await queue.deleteMessage(NOTHING, "doctor"),
    },
    ...rightsOnBlobs(access),
  ];
}

function rightsOnBlobs(access: StorageAccess): Right[] {
  const role = "Storage Blob Data Contributor";
  const evidence = containerAt(access, EVIDENCE_CONTAINER);
  const rows = containerAt(access, ROWS_CONTAINER);
  return [
    {
      check: "evidence, reading",
      role,
      ask: async () => await evidence.getBlobClient(NOTHING).getProperties(),
    },
    {
      check: "evidence, writing",
      role,
      ask: async () => {
        const blob = evidence.getBlockBlobClient(NOTHING);
        await blob.upload("", 0, { conditions: { ifMatch: NEVER } });
      },
    },
    {
      check: "rows, reading",
      role,
      ask: async () => await rows.getBlobClient(NOTHING).getProperties(),
    },
    {
      check: "rows, writing",
      role,
      // Nobody has made this blob, so nothing can be appended to it.
      ask: async () => await rows.getAppendBlobClient(NOTHING).appendBlock(" ", 1),
    },
  ];
}

function judged(check: string, role: string, access: StorageAccess, came: Refusal): Finding {
  switch (came.kind) {
    case "allowed":
      return ok(check, "It is allowed.");
    case "unreachable": {
      const fix = "Check the address in AzureWebJobsStorage, its firewall and private endpoints.";
      return found("error", check, `The account cannot be reached (${came.why}).`, fix);
    }
    case "denied": {
      const what = `The account refuses it (${came.code || "no code"}).`;
      const fix =
        access.kind === "identity"
          ? `Give the app's identity the role ${role} on the account.`
          : "The key in AzureWebJobsStorage is not the account's; copy it again.";
      return found("error", check, what, fix);
    }
  }
}

async function checkClock(access: StorageAccess, { nowMs, fetch: ask }: Outside): Promise<Finding> {
  const check = "clock";
  try {
    const before = nowMs();
    const signal = AbortSignal.timeout(CLOCK_TIMEOUT_MS);
    // Whoever asks: every answer has the date, a refusal as well.
    const { headers, body } = await ask(tableAt(access, LEDGER_TABLE).url, {
      method: "HEAD",
      signal,
    });
    await body?.cancel();
    const theirs = Date.parse(headers.get("date") ?? "");
    const offset = Math.round(((before + nowMs()) / 2 - theirs) / 1_000);
    if (Number.isNaN(offset)) throw new Error("no date");
    const size = Math.abs(offset);
    const what = `${size} s ${offset < 0 ? "behind" : "ahead of"} the table service.`;
    if (size <= OFFSET_WARNING_SECONDS) return ok(check, what);
    const fix = "Set this host's clock by NTP: lrq checks signatures and tokens by it.";
    return found(size > OFFSET_ERROR_SECONDS ? "error" : "warning", check, what, fix);
  } catch {
    const fix = "Read the findings about the table first.";
    return found("unknown", check, "The table service gave no time.", fix);
  }
}
