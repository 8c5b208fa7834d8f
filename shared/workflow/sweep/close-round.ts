import { heldOf, machineIdOfTarget, targetsOf } from "../../ledger/row/sweep-keys.ts";
import { newsOfNoRun, owing, type Notice } from "../../ledger/outbox/notice.ts";
import { valueOf } from "../../ledger/row/set-aside.ts";
import type { RowChange, Stored } from "../../ledger/sequence/rows.ts";
import type { Row } from "../../ports.ts";
import { changeRound, changeSweep, factOfSweep, sweptChange } from "../../store/change-sweep.ts";
import { loadRound, loadSweep, loadSwept } from "../../store/load-sweeps.ts";
import { once, tryTransact, type Transaction } from "../../store/transact.ts";
import {
  counted,
  endedAs,
  endedIn,
  leftOutIn,
  REACHED,
  type RoundRecord,
} from "../../sweep/round.ts";
import { sweptIn, targetSchema, type Swept } from "../../sweep/target.ts";
import { unstalled, type SweepRecord } from "../../sweep/sweep.ts";
import { isRerunning, isUnlisted } from "../../sweep/rerun.ts";
import { forgetHunted } from "./keep-hunted.ts";
import type { SweepPorts } from "./ports.ts";

type Last = NonNullable<SweepRecord["last"]>;
type Closing = NonNullable<RoundRecord["closed"]>;

/** The round once it sends nothing more. What it has in hand is settled first. */
export function closed(
  round: RoundRecord,
  closing: Omit<Closing, "cancels">,
  cancels: Closing["cancels"],
): RoundRecord {
  const why = { ...closing, cancels };
  const atMs = Math.floor(why.atMs);
  return {
    ...round,
    state: "closing",
    closed: { ...why, atMs },
    paused: null,
    hindrance: null,
    listing: null,
  };
}

/** Two changes for each machine, a read row for each, and the round: less than the 100 of one. */
const GIVEN_UP_AT_ONCE = 45;

/**
 * Gives up some machines that a closing round has not sent anything; each is written down with the
 * reason. True if there may be more.
 */
export async function giveUpSome(
  ports: SweepPorts,
  { name, number }: Pick<RoundRecord, "name" | "number">,
): Promise<boolean> {
  const gaveUp = await tryTransact(ports, once(`round ${number} of ${name}`), async (tx) => {
    const round = await loadRound(tx, name, number);
    if (round?.value.state !== "closing") return false;
    const rows = await unsentRows(tx, round.value);
    if (rows.length === 0) return false;
    const ids = rows.map(({ key }) => machineIdOfTarget(key));
    const swept = await loadSwept(tx, name, ids);
    const changes: RowChange[] = [];
    let { counts } = round.value;
    for (const [index, row] of rows.entries()) {
      const isHeld = row.key.startsWith("held!");
      const before = swept.get(ids[index] ?? "") ?? null;
      const hasLooked = !isUnlisted(round.value, valueOf(targetSchema, row), before?.value ?? null);
      const end = endOfUnsent(round.value, isHeld && hasLooked);
      changes.push({ op: "delete", key: row.key, etag: row.etag });
      changes.push(...unsent(round.value, row, { before, end }));
      counts = counted(counts, isHeld ? "held" : "waiting", { ended: end.state }, 1);
    }
    tx.stage(changes);
    changeRound(tx, round, { ...round.value, counts });
    return true;
  });
  return gaveUp.kind === "done" && gaveUp.value;
}

async function unsentRows(tx: Transaction, { name, number }: RoundRecord): Promise<Row[]> {
  const waiting = targetsOf(name, number);
  const some = await tx.list(waiting.from, waiting.before, GIVEN_UP_AT_ONCE);
  if (some.length > 0) return some;
  const held = heldOf(name, number);
  return await tx.list(held.from, held.before, GIVEN_UP_AT_ONCE);
}

interface End {
  readonly state: string;
  readonly detail: string;
}

/** Why nothing was sent to a machine. */
function endOfUnsent({ closed: closing }: RoundRecord, isHeld: boolean): End {
  if (isHeld) return { state: "offline", detail: "It has not reported while the round was open." };
  const why = closing?.why ?? "stopped";
  const detail = why === "expired" ? "The round expired before its turn." : `The round was ${why}.`;
  return { state: why === "expired" ? "expired" : "stopped", detail };
}

function unsent(
  round: RoundRecord,
  row: Row,
  { before, end }: { readonly before: Stored<Swept> | null; readonly end: End },
): RowChange[] {
  const { name: machineName, listedAtMs: atMs } = valueOf(targetSchema, row);
  const reached = before?.value.reached ?? null;
  const now = sweptIn(round, machineName, { ...end, atMs, reached });
  return sweptChange(round.name, machineIdOfTarget(row.key), before, now);
}

/**
 * Ends the round if every machine is counted, and nothing can join it any more: a running one is
 * done then. What its query has named is forgotten.
 */
export async function endIfDone(ports: SweepPorts, seen: RoundRecord): Promise<void> {
  if (!isDone(seen)) return;
  await forgetHunted(ports, seen);
  const { name, number } = seen;
  const came = await tryTransact(ports, once(`round ${number} of ${name}`), async (tx) => {
    const [round, sweep] = [await loadRound(tx, name, number), await loadSweep(tx, name)];
    if (round === null || sweep === null) return null;
    if (round.value.state === "ended" || !isDone(round.value)) return null;
    const atMs = Math.floor(ports.clock.earliest());
    const { counts } = round.value;
    const reached = endedAs(counts, REACHED);
    const targeted = counts.targeted - leftOutIn(counts);
    const short = isShort(round.value, { reached, targeted });
    const closing = round.value.closed ?? { why: "done", by: null, atMs, cancels: null };
    changeRound(tx, round, {
      ...round.value,
      state: "ended",
      closed: closing,
      paused: null,
      hindrance: null,
      listing: null,
      endedAtMs: atMs,
    });
    const { tried } = round.value;
    const last = { round: number, endedAtMs: atMs, targeted, reached, short, tried };
    const open = sweep.value.open.filter((each) => each !== number);
    const detail = `round ${number} reached ${reached} of ${targeted} machines`;
    const fact = factOfSweep("roundEnded", { atMs, by: null, detail });
    changeSweep(tx, sweep, { ...unstalled(sweep.value, number), open, last }, [fact]);
    if (short) tx.stage(owing([noticeOfShort(round.value, { ...last, why: closing.why })]));
    return { ...last, why: closing.why };
  });
  if (came.kind === "done" && came.value !== null) tellEnded(ports, name, came.value);
}

function tellEnded(
  { log }: SweepPorts,
  name: string,
  { round, targeted, reached, short, why }: Last & { readonly why: string },
): void {
  log("info", "roundEnded", { name, round, targeted, reached, short, why });
}

function isShort(
  { definition: { coverage } }: RoundRecord,
  { reached, targeted }: Pick<Last, "reached" | "targeted">,
): boolean {
  return coverage !== null && reached < coverage * targeted;
}

/** A round that is rerun may end more than once. */
function noticeOfShort(
  { name: sweep, number: round, team, definition, reruns }: RoundRecord,
  { endedAtMs: nowMs, targeted, reached, why }: Last & { readonly why: string },
): Notice {
  const coverage = definition.coverage ?? 0;
  const of = { sweep, team, round, targeted, reached, coverage, why };
  const which = `${sweep} ${round} ${reruns}`;
  return newsOfNoRun("sweep.short", { about: { kind: "roundShort", ...of }, which, nowMs });
}

function isDone(round: RoundRecord): boolean {
  const { state, counts, listedAtMs, listing, inHand } = round;
  if (inHand.length > 0 || endedIn(counts) < counts.targeted || isRerunning(round)) return false;
  return state === "closing" || (listedAtMs !== null && listing === null);
}
