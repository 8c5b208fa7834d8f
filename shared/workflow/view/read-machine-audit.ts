import { z } from "zod";
import { withoutFamily } from "../../ledger/row/key-range.ts";
import { historyOf, sequenceIdIn } from "../../ledger/row/keys.ts";
import { newestFirst } from "../../ledger/row/padded.ts";
import type { LedgerReads, Ports } from "../../ports.ts";
import { machinesMeant } from "./find-machine.ts";
import { type AuditAsked, type AuditPage, readQueueAudit } from "./read-audit.ts";

export type MachineAudit =
  | { readonly kind: "audit"; readonly page: AuditPage }
  /** The name fits these machines. */
  | { readonly kind: "ambiguous"; readonly machineIds: readonly string[] };

/** One page of the Table service. */
const ROWS_MAX = 1_000;
/** Ten thousand sequences: three years of one every two hours. Older ones are not looked for. */
const PAGES_MAX = 10;
/** Hosts stamp by clocks that are less than this apart. */
const CLOCKS_APART_MS = 60_000;

const namingSchema = z.object({
  at: z.iso.datetime(),
  sequences: z.array(z.object({ sequenceId: z.string() })),
});

/**
 * A page of the queue's log with the records that name a sequence of this machine, by its id or
 * name, the newest first. It is made of a page of the log, so it may be empty. The log has nothing
 * of a sequence that was never sent and has not ended, so the history has all that there is. A page
 * takes 13 requests at most.
 */
export async function readMachineAudit(
  { ledger, log }: Pick<Ports, "ledger" | "log">,
  idOrName: string,
  asked: Exclude<AuditAsked, number>,
): Promise<MachineAudit> {
  const ids = await machinesMeant(ledger, idOrName, { rows: [], positions: new Map() });
  if (ids.length > 1) return { kind: "ambiguous", machineIds: ids };
  const [sequences, page] = await Promise.all([
    sequencesOn(ledger, ids[0] ?? null),
    readQueueAudit({ ledger, log }, asked),
  ]);
  const isNaming = (record: unknown): boolean => {
    const { data } = namingSchema.safeParse(record);
    return data?.sequences.some(({ sequenceId }) => sequences.ids.has(sequenceId)) === true;
  };
  const { records, next } = page;
  const isOver = records.some((record) => isBefore(record, sequences.firstPlace));
  const some = records.filter(isNaming);
  return { kind: "audit", page: { ...page, records: some, next: isOver ? null : next } };
}

/** The ids of what was sent to the machine, and the place in its history of the oldest. */
async function sequencesOn(
  ledger: LedgerReads,
  machineId: string | null,
): Promise<{ readonly ids: ReadonlySet<string>; readonly firstPlace: string | null }> {
  if (machineId === null) return { ids: new Set(), firstPlace: null };
  const range = historyOf(machineId);
  const keys: string[] = [];
  for (let page = 0, { from } = range; page < PAGES_MAX; page += 1) {
    const rows = await ledger.list(from, range.before, ROWS_MAX);
    keys.push(...rows.map(({ key }) => key));
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_MAX) break;
    from = `${last.key}!`;
  }
  const oldest = keys.at(-1);
  const firstPlace = oldest === undefined ? null : withoutFamily(oldest, range);
  return { ids: new Set(keys.map(sequenceIdIn)), firstPlace };
}

/** True if it is from before the oldest sequence was accepted; nothing older is about it. */
function isBefore(record: unknown, firstPlace: string | null): boolean {
  if (firstPlace === null) return true;
  const { data } = namingSchema.safeParse(record);
  if (data === undefined) return false;
  const [instant = ""] = firstPlace.split("!");
  return newestFirst(Date.parse(data.at) + CLOCKS_APART_MS) > instant;
}
