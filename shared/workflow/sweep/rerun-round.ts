import { heldKey, machineIdOfTarget, sweptKey, sweptOf } from "../../ledger/row/sweep-keys.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import type { RowChange, Stored } from "../../ledger/sequence/rows.ts";
import type { LedgerReads } from "../../ports.ts";
import { changeRound, changeSweep, sweptChange } from "../../store/change-sweep.ts";
import { loadRound, loadSwept } from "../../store/load-sweeps.ts";
import { pagesOf } from "../../store/list-all.ts";
import { transact, usual } from "../../store/transact.ts";
import { msOf } from "../../sweep/duration.ts";
import { endsOf } from "../../sweep/failures.ts";
import { counted, listedAnew, type RoundRecord } from "../../sweep/round.ts";
import { isMissed, isRerunning, missedIn } from "../../sweep/rerun.ts";
import { AGAIN, sweptSchema, type Swept, type Target } from "../../sweep/target.ts";
import { factOf, steerFound, type RoundSteering, type SteerPorts } from "./steer-round.ts";
import type { Steered } from "./steer-sweep.ts";

/** What came of asking for the failures again: how many machines are asked, so far. */
export type Rerun = Steered | { readonly kind: "again"; readonly machines: number };

/**
 * Sends the machines again that the round has counted and not reached, in the same round, and
 * nobody else if the round had ended; it is opened again then, for as long as its sweep lets a
 * round be open. How far this has come is in the row of the round: after a crash the timer goes on.
 * Who asks meanwhile as well gets the answer of the same rerun. Refused while the round is closing,
 * if its sweep was deleted, and if it has missed no machine.
 */
export async function rerunRound(ports: SteerPorts, steering: RoundSteering): Promise<Rerun> {
  const { name, number } = steering;
  const opened = await steerFound(ports, steering, (tx, { round, sweep }, nowMs) => {
    if (sweep.value.deleted) return { kind: "notNow", detail: `The sweep ${name} was deleted.` };
    if (round.value.state === "closing") {
      const detail = `Round ${number} of ${name} is being closed; ask again when it has ended.`;
      return { kind: "notNow", detail };
    }
    if (isRerunning(round.value)) return { kind: "done", round: number };
    if (missedIn(round.value.counts) === 0) {
      const detail = `Round ${number} of ${name} has missed no machine that could be asked again.`;
      return { kind: "notNow", detail };
    }
    changeRound(tx, round, reopened(round.value, nowMs));
    const open = sweep.value.open.includes(number)
      ? sweep.value.open
      : [...sweep.value.open, number];
    const fact = factOf("roundRerun", steering, nowMs, `round ${number}`);
    changeSweep(tx, sweep, { ...sweep.value, open }, [fact]);
    return { kind: "done", round: number };
  });
  if (opened.kind !== "done") return opened;
  const round = await askMissed(ports, steering);
  return { kind: "again", machines: round?.value.rerun?.machines ?? 0 };
}

/** Machines that one transaction asks again: two changes each, and the round. */
const AGAIN_AT_ONCE = 45;
/** So many such transactions in one go, which is 22,500 machines; the next tick goes on. */
const STEPS_AT_ONCE = 500;

/**
 * Goes on with a rerun that is under way, also with one that a crash has broken off. Each machine
 * that the round has missed is held, until the next listing finds it. The round after that; null if
 * there is none.
 */
export async function askMissed(
  ports: SteerPorts,
  { name, number }: Pick<RoundRecord, "name" | "number">,
): Promise<Stored<RoundRecord> | null> {
  for (let step = 0; step < STEPS_AT_ONCE; step += 1) {
    const round = await loadRound(ports.ledger, name, number);
    if (round === null || !isRerunning(round.value)) return round;
    await askSome(ports, round.value, await nextMissed(ports.ledger, round.value));
  }
  return await loadRound(ports.ledger, name, number);
}

/** The next machines that the round has missed, in the order of their ids. */
async function nextMissed(
  ledger: LedgerReads,
  { name, number, rerun }: RoundRecord,
): Promise<readonly string[]> {
  const all = sweptOf(name);
  const to = rerun?.to ?? "";
  const rest = to === "" ? all : { ...all, from: `${sweptKey(name, to)}!` };
  const missed: string[] = [];
  for await (const rows of pagesOf(ledger, rest)) {
    const { readable } = sorted(sweptSchema, rows);
    for (const { row, value } of readable) {
      if (hasMissed(value, number)) missed.push(machineIdOfTarget(row.key));
      if (missed.length === AGAIN_AT_ONCE) return missed;
    }
  }
  return missed;
}

const ON_ITS_WAY: ReadonlySet<string> = new Set(["sent", "inHand", AGAIN]);

/** True if it ended in this round without success. */
function hasMissed({ round, state }: Swept, number: number): boolean {
  return round === number && !ON_ITS_WAY.has(state) && isMissed(state);
}

/** Machines that join now are in a new run, so each gets a sequence of its own. */
function reopened(round: RoundRecord, nowMs: number): RoundRecord {
  const isOver = round.state === "ended";
  const fresh = round.batchMachines > 0 ? { batch: round.batch + 1, batchMachines: 0 } : {};
  return {
    ...listedAnew(round),
    ...(round.inHand.length === 0 ? fresh : {}),
    state: "running",
    closed: null,
    endedAtMs: null,
    reruns: round.reruns + 1,
    rerun: { ...round.rerun, to: "", machines: 0, alone: isOver || round.rerun?.alone === true },
    forgiven: forgivenIn(round.counts),
    expiresAtMs: isOver ? Math.floor(nowMs) + msOf(round.definition.expires) : round.expiresAtMs,
    listedAtMs: round.listedAtMs ?? Math.floor(nowMs),
  };
}

/**
 * Asks these machines again; nothing is done if somebody else has gone on with the rerun. Few of
 * them are the last ones. A listing that has begun before begins anew.
 */
async function askSome(
  ports: SteerPorts,
  seen: RoundRecord,
  missed: readonly string[],
): Promise<void> {
  const { name, number } = seen;
  await transact(ports, usual(`round ${number} of ${name}`), async (tx) => {
    const round = await loadRound(tx, name, number);
    if (round === null || !isRerunning(round.value) || !isSameStep(round.value, seen)) return;
    const swept = await loadSwept(tx, name, missed);
    const changes: RowChange[] = [];
    let { counts } = round.value;
    let machines = 0;
    for (const [machineId, before] of swept) {
      if (!hasMissed(before.value, number)) continue;
      counts = counted(counts, { ended: before.value.state }, "held", 1);
      machines += 1;
      changes.push(...sweptChange(name, machineId, before, { ...before.value, state: AGAIN }));
      const body = unlisted(before.value, ports.clock.earliest());
      changes.push({ op: "insert", key: heldKey(name, number, machineId), body });
    }
    tx.stage(changes);
    const to = missed.length < AGAIN_AT_ONCE ? null : (missed.at(-1) ?? null);
    const { rerun } = round.value;
    changeRound(tx, round, {
      ...listedAnew(round.value),
      counts,
      forgiven: forgivenIn(counts),
      rerun: rerun === null ? null : { ...rerun, to, machines: rerun.machines + machines },
    });
  });
}

function isSameStep({ reruns, rerun }: RoundRecord, seen: RoundRecord): boolean {
  return reruns === seen.reruns && rerun?.to === seen.rerun?.to;
}

/** Who is asked again is no failure any more, so what was forgiven becomes less. */
function forgivenIn(counts: RoundRecord["counts"]): RoundRecord["forgiven"] {
  const { ended, failed } = endsOf(counts);
  return { ended, failed };
}

/** A machine of which the next listing says the rest; before that it is sent nothing. */
function unlisted({ machineName }: Swept, nowMs: number): Target {
  const nothing = { platform: null, tags: null, group: null, health: null };
  return { v: 1, name: machineName, ...nothing, listedAtMs: Math.floor(nowMs) };
}
