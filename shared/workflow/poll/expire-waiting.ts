import {
  BEHIND,
  MACHINE,
  isWithin,
  READY,
  sequenceIdIn,
  type KeyRange,
} from "../../ledger/row/keys.ts";
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

/** In one poll; more is left to the next. */
const ENDED_MAX = 100;
/** Expiry is a matter of hours; while nothing is claimed nobody else ends what is over. */
const EVERY_MS = 3_600_000;
const EVERY_WHILE_STALLED_MS = 600_000;

/**
 * Ends what has expired among all that is ready or waits behind a machine, in whatever lane, and
 * whatever keeps it waiting; what waits for a time is released by then. What is outstanding shows
 * whole costs nothing more; a longer line is read through once an hour, or every ten minutes while
 * nothing is claimed. Returns how many ended.
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
  // Of a row that does not tell, only the record knows.
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

/** When a long line is read through next. */
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
 * Rows behind a machine are not among those; its lease tells that there are some, and there may be
 * if it cannot be read.
 */
function hasWaiters({ key, body }: Row): boolean {
  return isWithin(key, MACHINE) && (machineSchema.safeParse(body).data?.waiters ?? true);
}

/** False if it has time yet, does not wait any more, or somebody else moved it just now. */
async function endOne(ports: ExpirePorts, sequenceId: string, nowMs: number): Promise<boolean> {
  const record = await loadSequence(ports.ledger, sequenceId);
  if (record?.value.state !== "waiting" || record.value.expiresAtMs > nowMs) return false;
  const after = expire(record.value, nowMs);
  const facts = grouped([factOfMove(record.value, after, nowMs)]);
  if (!(await moveOnce(ports, { before: record, after, nowMs }, { facts }))) return false;
  ports.log("info", "expired", { sequenceId, lane: after.lane });
  return true;
}
