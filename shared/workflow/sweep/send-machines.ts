import { laneRange, sequencesOf } from "../../ledger/row/keys.ts";
import { machineIdOfTarget, targetsOf } from "../../ledger/row/sweep-keys.ts";
import { isoOf } from "../../ledger/row/instant.ts";
import { sorted, valueOf } from "../../ledger/row/set-aside.ts";
import type { RowChange, Stored } from "../../ledger/sequence/rows.ts";
import { sequenceSchema } from "../../ledger/sequence/sequence.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { usualPickupMs } from "../../limits/pace/patience.ts";
import { laneNumber } from "../../plan/lane.ts";
import type { Row } from "../../ports.ts";
import { changeRound, sweptChange } from "../../store/change-sweep.ts";
import { listAll } from "../../store/list-all.ts";
import { loadReadableBudget } from "../../store/load.ts";
import { loadRound, loadSwept } from "../../store/load-sweeps.ts";
import { once, tryTransact, type Transaction } from "../../store/transact.ts";
import { allowanceAt, machinesToSend } from "../../sweep/allowance.ts";
import { isAway } from "../../sweep/away.ts";
import { reachedSinceMs, wasReachedSince } from "../../sweep/is-target.ts";
import { mayBeSent, type Ends } from "../../sweep/failures.ts";
import { counted, endedIn, leftOutIn, type RoundRecord } from "../../sweep/round.ts";
import { sweptIn, targetSchema, type MachineInHand, type Swept } from "../../sweep/target.ts";
import { opensAtMs } from "../../sweep/window.ts";
import { runOfSequence, sweepRunIdOf } from "../../plan/identity.ts";
import { hindered } from "./hindered.ts";
import { pauseWave } from "./pause-wave.ts";
import { reachedLast } from "./reached-last.ts";
import type { SweepPorts, SweepSettings } from "./ports.ts";

/** A run of more machines is slow to show, to seal and to join. Our own bound. */
export const BATCH_MACHINES = 200;

/**
 * Takes the next machines of a round in hand, as many as its share allows now. They are written
 * down as in hand before anything is accepted: so after a crash the same machines are sent again,
 * as the same run, and no others. Machines that were reached lately are left out. False if nothing
 * of the round has changed but perhaps its hindrance.
 */
export async function takeInHand(
  ports: SweepPorts,
  { limits }: SweepSettings,
  round: Stored<RoundRecord>,
  ends: Ends,
): Promise<boolean> {
  const { name, number, definition } = round.value;
  if (round.value.inHand.length > 0 || round.value.counts.waiting === 0) return false;
  const nowMs = ports.clock.earliest();
  const opensMs = opensAtMs(definition.window, nowMs);
  if (opensMs !== null) {
    const detail = `Its window opens at ${isoOf(opensMs)}.`;
    await hindered(ports, round, { code: "window", detail });
    return false;
  }
  const { counts } = round.value;
  const wave = await waveNow(ports, limits, round, ends);
  if (wave === "paused") return true;
  if (wave <= 0) {
    const detail = "The first machines go alone; the others wait until half of them succeeded.";
    await hindered(ports, round, { code: "firstWave", detail });
    return false;
  }
  const waiting = Math.min(counts.waiting, wave);
  const allowed = allowanceAt(round.value.allowance, definition.share, limits, nowMs);
  // Most ticks end here, and have read nothing but the round.
  if (machinesToSend(allowed, { waiting, ready: 0 }, definition.share, limits) === 0) return false;
  if (await hasItsSessions(ports, limits, round.value)) return false;
  const lane = laneRange(laneNumber("sweep"));
  const most = limits.callsPerWindow * LOOKED_AT_WINDOWS;
  const ready = (await ports.ledger.list(lane.from, lane.before, most)).length;
  const took = await tryTransact(ports, once(`round ${number} of ${name}`), async (tx) => {
    const present = await loadRound(tx, name, number);
    if (present === null || !maySend(present.value)) return false;
    const allowance = allowanceAt(present.value.allowance, definition.share, limits, nowMs);
    const open = Math.min(present.value.counts.waiting, wave);
    const machines = machinesToSend(allowance, { waiting: open, ready }, definition.share, limits);
    if (machines > 0) await stageInHand(tx, present, { machines, allowance, nowMs });
    return machines > 0;
  });
  return took.kind === "done" && took.value;
}

/** How many more the first wave lets go now; or it is over and has failed, and the round paused. */
async function waveNow(
  ports: SweepPorts,
  limits: Limits,
  round: Stored<RoundRecord>,
  ends: Ends,
): Promise<number | "paused"> {
  const { counts } = round.value;
  const sentOrEnded = counts.sent + endedIn(counts);
  const wave = mayBeSent(round.value, ends) - sentOrEnded + leftOutIn(counts);
  if (wave > 0) return wave;
  const away = await awayMachines(ports, limits, round.value);
  // Those who are not there can never succeed: others go in their place.
  const others = wave + away.machines;
  if (others > 0 || sentOrEnded > ends.ended + away.open) return others;
  await pauseWave(ports, round, ends);
  return "paused";
}

/** More ready sequences than this leave no round anything to send. */
const LOOKED_AT_WINDOWS = 5;

function maySend({ state, paused, inHand }: RoundRecord): boolean {
  return state === "running" && paused === null && inHand.length === 0;
}

/** True if its sequences have as many sessions as its share allows. */
async function hasItsSessions(
  ports: SweepPorts,
  limits: Limits,
  round: RoundRecord,
): Promise<boolean> {
  const most = Math.max(1, Math.floor(limits.maxSessions * round.definition.share));
  const own = await ownSessions(ports, limits, round);
  return own.filter(({ away }) => !away).length >= most;
}

/** The sessions of its sequences, and whether they are those of machines that are not there. */
async function ownSessions(
  { ledger, clock }: Pick<SweepPorts, "ledger" | "clock">,
  limits: Limits,
  { name, number: round, uncounted }: RoundRecord,
): Promise<readonly { readonly sequenceId: string; readonly away: boolean }[]> {
  const budget = await loadReadableBudget(ledger);
  const runs = new Set(uncounted.map((batch) => sweepRunIdOf({ name, round, batch })));
  const sessions = budget?.value.sessions ?? [];
  const at = { pickupMs: usualPickupMs(budget?.value.pickups ?? []), nowMs: clock.earliest() };
  return sessions
    .filter(({ sequenceId }) => runs.has(runOfSequence(sequenceId)))
    .map((each) => ({ sequenceId: each.sequenceId, away: isAway(each, at, limits) }));
}

/**
 * How many of the machines that were sent are not there, found so before or just now; and how many
 * of them have not ended.
 */
async function awayMachines(
  ports: SweepPorts,
  limits: Limits,
  round: RoundRecord,
): Promise<{ readonly machines: number; readonly open: number }> {
  const { name, number, uncounted } = round;
  const away = new Set(
    (await ownSessions(ports, limits, round)).flatMap((each) => (each.away ? each.sequenceId : [])),
  );
  const came = { machines: 0, open: 0 };
  for (const batch of uncounted) {
    const runId = sweepRunIdOf({ name, round: number, batch });
    const rows = await listAll(ports.ledger, sequencesOf(runId));
    for (const { value } of sorted(sequenceSchema, rows).readable) {
      if (value.offlineTimes === 0 && !away.has(value.sequenceId)) continue;
      came.machines += 1;
      if (value.endedAtMs === null) came.open += 1;
    }
  }
  return came;
}

async function stageInHand(
  tx: Transaction,
  round: Stored<RoundRecord>,
  { machines, allowance, nowMs }: TakeUp,
): Promise<void> {
  const { name, number, definition } = round.value;
  const range = targetsOf(name, number);
  const rows = await tx.list(range.from, range.before, machines);
  const ids = rows.map(({ key }) => machineIdOfTarget(key));
  const swept = await loadSwept(tx, name, ids);
  const lately = reachedSinceMs(definition, nowMs);
  const lastIn = async (before: Swept | null) =>
    lately === null || before === null ? (before?.reached ?? null) : await reachedLast(tx, before);
  const changes: RowChange[] = [];
  const inHand: MachineInHand[] = [];
  let { counts } = round.value;
  for (const row of rows) {
    const machine = machineIn(row);
    const before = swept.get(machine.machineId) ?? null;
    const reached = await lastIn(before?.value ?? null);
    const isRecent = wasReachedSince({ reached }, lately);
    const isOfLater = before !== null && before.value.round > number;
    const left = isOfLater ? "laterRound" : isRecent ? "recent" : null;
    const state = left ?? "inHand";
    counts = counted(counts, "waiting", left === null ? "inHand" : { ended: left }, 1);
    changes.push({ op: "delete", key: row.key, etag: row.etag });
    changes.push(
      ...sweptChange(
        name,
        machine.machineId,
        before,
        sweptIn(round.value, machine.name, {
          state,
          detail: isRecent ? "The sweep has reached it lately." : null,
          reached,
          atMs: Math.floor(nowMs),
        }),
      ),
    );
    if (left === null) inHand.push(machine);
  }
  tx.stage(changes);
  const calls = allowance.calls - inHand.length;
  const next = { ...round.value, ...batchFor(round.value, inHand.length), counts, inHand };
  changeRound(tx, round, { ...next, allowance: { ...allowance, calls }, hindrance: null });
}

/** The batch that so many machines join: the next one if they do not fit, for no run takes some. */
function batchFor({ batch, batchMachines }: RoundRecord, machines: number) {
  const fits = batchMachines + machines <= BATCH_MACHINES;
  return fits ? { batch, batchMachines } : { batch: batch + 1, batchMachines: 0 };
}

interface TakeUp {
  readonly machines: number;
  readonly allowance: RoundRecord["allowance"];
  readonly nowMs: number;
}

function machineIn(row: Row): MachineInHand {
  const { v: _, ...target } = valueOf(targetSchema, row);
  return { ...target, machineId: machineIdOfTarget(row.key) };
}
