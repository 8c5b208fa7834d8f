import { QUEUE_CHAIN } from "../../evidence/audit.ts";
import type { ChainHead } from "../../ledger/run/chain-head.ts";
import { auditKey, auditNumberIn, auditOf } from "../../ledger/row/keys.ts";
import { isRunId } from "../../plan/identity.ts";
import type { Ports } from "../../ports.ts";
import { loadBudget, loadRun } from "../../store/load.ts";

/** A page of an audit log; `head` is the end of the log when the page was asked for. */
export interface AuditPage {
  readonly v: 1;
  readonly chain: string;
  readonly head: ChainHead;
  /** Unchanged, of any version of the app, because their hashes cover every field. */
  readonly records: readonly unknown[];
  /** The number at which the next page begins; null at the end. */
  readonly next: number | null;
}

/** Records in a page: some 500 KiB. */
const PAGE = 1_000;

/** The log of the queue's own decisions, from a record's number on. */
export async function readQueueAudit(
  { ledger, log }: Pick<Ports, "ledger" | "log">,
  from: number,
): Promise<AuditPage> {
  const { value } = await loadBudget(ledger);
  return await readPage({ ledger, log }, QUEUE_CHAIN, value.audit, from);
}

/** The log of decisions about a run; null if there is no such run. */
export async function readRunAudit(
  { ledger, log }: Pick<Ports, "ledger" | "log">,
  runId: string,
  from: number,
): Promise<AuditPage | null> {
  const run = isRunId(runId) ? await loadRun(ledger, runId) : null;
  return run === null ? null : await readPage({ ledger, log }, runId, run.value.audit, from);
}

/** If records are missing, the log of the host says so, and the page has the others. */
async function readPage(
  { ledger, log }: Pick<Ports, "ledger" | "log">,
  chain: string,
  head: ChainHead,
  from: number,
): Promise<AuditPage> {
  // Records written after the head was read are beyond it; the next request gets them.
  const limit = Math.min(PAGE, head.count - from + 1);
  const { before } = auditOf(chain);
  const rows = limit < 1 ? [] : await ledger.list(auditKey(chain, from), before, limit);
  const records = rows.map(({ body }) => body);
  const lastRow = rows.at(-1);
  const last = lastRow === undefined ? head.count : auditNumberIn(lastRow.key);
  if (rows.length < limit || last - from + 1 > rows.length) {
    log("error", "custodyTrouble", { what: `records of the audit log ${chain} are missing` });
  }
  const end = { count: head.count, head: head.head };
  return { v: 1, chain, head: end, records, next: last < head.count ? last + 1 : null };
}
