import { z } from "zod";
import { QUEUE_CHAIN } from "../../evidence/audit.ts";
import type { ChainHead } from "../../ledger/run/chain-head.ts";
import { auditKey, auditNumberIn, auditOf } from "../../ledger/row/keys.ts";
import { isRunId } from "../../plan/identity.ts";
import type { Ports } from "../../ports.ts";
import { loadBudget, loadRun } from "../../store/load.ts";
import { chainOf, type SweepRecord } from "../../sweep/sweep.ts";

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

/** From this number on, in their order. Or the newest first, from this number (null: the last). */
export type AuditAsked =
  | number
  | { readonly newestFrom: number | null; readonly sinceMs: number | null };

/** The log of the queue's own decisions. */
export async function readQueueAudit(
  { ledger, log }: Pick<Ports, "ledger" | "log">,
  asked: AuditAsked,
): Promise<AuditPage> {
  const { value } = await loadBudget(ledger);
  return await readLog({ ledger, log }, QUEUE_CHAIN, value.audit, asked);
}

/** The log of decisions about a run; null if there is no such run. */
export async function readRunAudit(
  { ledger, log }: Pick<Ports, "ledger" | "log">,
  runId: string,
  asked: AuditAsked,
): Promise<AuditPage | null> {
  const run = isRunId(runId) ? await loadRun(ledger, runId) : null;
  return run === null ? null : await readLog({ ledger, log }, runId, run.value.audit, asked);
}

/** The log of decisions about a sweep. */
export async function readSweepAudit(
  { ledger, log }: Pick<Ports, "ledger" | "log">,
  { name, audit }: Pick<SweepRecord, "name" | "audit">,
  asked: AuditAsked,
): Promise<AuditPage> {
  return await readLog({ ledger, log }, chainOf(name), audit, asked);
}

async function readLog(
  ports: Pick<Ports, "ledger" | "log">,
  chain: string,
  head: ChainHead,
  asked: AuditAsked,
): Promise<AuditPage> {
  return typeof asked === "number"
    ? await readPage(ports, chain, head, asked)
    : await readNewest(ports, chain, head, asked);
}

const timedSchema = z.object({ at: z.iso.datetime() });

/** A page of the log backwards. It ends at the first record from before `sinceMs`. */
async function readNewest(
  { ledger, log }: Pick<Ports, "ledger" | "log">,
  chain: string,
  head: ChainHead,
  { newestFrom, sinceMs }: Exclude<AuditAsked, number>,
): Promise<AuditPage> {
  const last = Math.min(newestFrom ?? head.count, head.count);
  const first = Math.max(1, last - PAGE + 1);
  const before = auditKey(chain, last + 1);
  const rows = last < 1 ? [] : await ledger.list(auditKey(chain, first), before, PAGE);
  if (rows.length < last - first + 1) tellMissing(log, chain);
  const all = rows.map(({ body }) => body).toReversed();
  const older = sinceMs === null ? -1 : all.findIndex((each) => isBefore(each, sinceMs));
  const records = older < 0 ? all : all.slice(0, older);
  const end = { count: head.count, head: head.head };
  return { v: 1, chain, head: end, records, next: older < 0 && first > 1 ? first - 1 : null };
}

/** A record of a form that is not known here is shown. */
function isBefore(record: unknown, sinceMs: number): boolean {
  const { data } = timedSchema.safeParse(record);
  return data !== undefined && Date.parse(data.at) < sinceMs;
}

function tellMissing(log: Ports["log"], chain: string): void {
  log("error", "custodyTrouble", { what: `records of the audit log ${chain} are missing` });
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
    tellMissing(log, chain);
  }
  const end = { count: head.count, head: head.head };
  return { v: 1, chain, head: end, records, next: last < head.count ? last + 1 : null };
}
