import { isWithin, type KeyRange } from "../../ledger/row/key-range.ts";
import { BEHIND, MACHINE, READY, sequenceIdIn } from "../../ledger/row/keys.ts";
import { expire } from "../../ledger/sequence/moves.ts";
import { indexSchema, machineSchema } from "../../ledger/sequence/rows.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import { admit } from "../../limits/pace/admit.ts";
import type { Budget } from "../../limits/pace/budget.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import type { Ports, Row } from "../../ports.ts";
import { factOfMove, grouped } from "../../store/audit.ts";
import { changeBudgetAlone } from "../../store/change-budget.ts";
import { moveOnce } from "../../store/change-sequence.ts";
import { listAll } from "../../store/list-all.ts";
import { loadBudget, loadSequence } from "../../store/load.ts";
import { noteSetAside, unlessSetAside } from "../../store/set-aside.ts";
import type { Outstanding } from "../../store/outstanding.ts";

type ExpirePorts = Pick<Ports, "ledger" | "clock" | "random" | "log">;

/** At most this many in one poll; the next poll ends the rest. */
const ENDED_MAX = 100;
/** Expiries are hours away. While nothing is claimed, only the poll ends what has expired. */
const EVERY_MS = 3_600_000;
const EVERY_WHILE_STALLED_MS = 600_000;

/**
 * Ends every expired sequence that is ready or waits behind a machine, in any lane and for any
 * reason. Sequences that wait for a time have been released before. If one read showed everything
 * that is outstanding, this costs no other read. A longer line is read once an hour, or every ten
 * minutes while nothing is claimed. Returns how many ended.
 */
export async function expireWaiting(
  ports: ExpirePorts,
  limits: Limits,
  outstanding: Outstanding,
): Promise<number> {
  const nowMs = ports.clock.earliest();
  const isLong = !outstanding.whole || outstanding.rows.some(hasWaiters);
  const isDue = nowMs >= dueAtMs((await loadBudget(ports.ledger)).value, nowMs, limits);
  if (isLong && !isDue) return 0;
  const rows = isLong ? await waiting(ports.ledger) : within(outstanding.rows, READY);
  // A row without an expiry is ended by its record, which has to be read.
  const untold = isDue ? 0 : Number.POSITIVE_INFINITY;
  const { readable, aside } = sorted(indexSchema, rows);
  for (const each of aside) await noteSetAside(ports, each);
  const over = readable.filter(({ value }) => (value.expiresAtMs ?? untold) <= nowMs);
  let ended = 0;
  for (const { row } of over.slice(0, ENDED_MAX)) {
    const ends = () => endOne(ports, sequenceIdIn(row.key), nowMs);
    if (await unlessSetAside(ports, false, ends)) ended += 1;
  }
  const isDone = isDue && ended < ENDED_MAX && (isLong || over.length > 0);
  if (isDone) await changeBudgetAlone(ports, (budget) => ({ ...budget, expiredAtMs: nowMs }));
  return ended;
}

/** When a long line is read again. */
function dueAtMs(budget: Budget, nowMs: number, limits: Limits): number {
  const verdict = admit(budget, nowMs, limits);
  const goesOn = verdict.kind === "go" || (verdict.kind === "wait" && verdict.why === "token");
  return budget.expiredAtMs + (goesOn ? EVERY_MS : EVERY_WHILE_STALLED_MS);
}

async function waiting(ledger: Ports["ledger"]): Promise<readonly Row[]> {
  return [...(await listAll(ledger, READY)), ...(await listAll(ledger, BEHIND))];
}

function within(rows: readonly Row[], range: KeyRange): readonly Row[] {
  return rows.filter(({ key }) => isWithin(key, range));
}

/**
 * The rows behind a machine are not in this range. The lease of the machine says that there are
 * some; if the lease cannot be read, there may be some.
 */
function hasWaiters({ key, body }: Row): boolean {
  return isWithin(key, MACHINE) && (machineSchema.safeParse(body).data?.waiters ?? true);
}

/** False if it is not expired, does not wait any more, or somebody else moved it just now. */
async function endOne(ports: ExpirePorts, sequenceId: string, nowMs: number): Promise<boolean> {
  const record = await loadSequence(ports.ledger, sequenceId);
  if (record?.value.state !== "waiting" || record.value.expiresAtMs > nowMs) return false;
  const after = expire(record.value, nowMs);
  const facts = grouped([factOfMove(record.value, after, nowMs)]);
  if (!(await moveOnce(ports, { before: record, after, nowMs }, { facts }))) return false;
  ports.log("info", "expired", { sequenceId, lane: after.lane });
  return true;
}
