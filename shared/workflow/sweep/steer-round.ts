import type { AuditFacts } from "../../evidence/audit.ts";
import { machineIdOfTarget, sweptOf } from "../../ledger/row/sweep-keys.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import type { RowChange, Stored } from "../../ledger/sequence/rows.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { changeRound, changeSweep, factOfSweep, sweptChange } from "../../store/change-sweep.ts";
import { loadRound, loadSweep, loadSwept } from "../../store/load-sweeps.ts";
import { pagesOf } from "../../store/list-all.ts";
import { transact, usual, type Transaction } from "../../store/transact.ts";
import { msOf } from "../../sweep/duration.ts";
import { endsOf } from "../../sweep/failures.ts";
import { listedAnew, REACHED, uncounted, type RoundRecord } from "../../sweep/round.ts";
import { unstalled, type SweepRecord } from "../../sweep/sweep.ts";
import { AGAIN, sweptSchema, type Swept } from "../../sweep/target.ts";
import { cancelSent } from "./cancel-sent.ts";
import { closed } from "./close-round.ts";
import type { SweepPorts } from "./ports.ts";
import type { Steered } from "./steer-sweep.ts";

type SteerPorts = Pick<SweepPorts, "ledger" | "bells" | "clock" | "random" | "log">;

/** Who steers which round. */
export interface RoundSteering {
  readonly name: string;
  readonly number: number;
  readonly by: string;
}

/**
 * Stops a round for good: it sends nothing more, and what it has sent and waits is cancelled; with
 * `running` also what runs. After this, nothing of it begins on a machine.
 */
export async function stopRound(
  ports: SteerPorts,
  limits: Limits,
  steering: RoundSteering,
  running: boolean,
): Promise<Steered> {
  const steered = await steer(ports, steering, (tx, { round, sweep }, nowMs) => {
    const { name, number, by } = steering;
    if (round.value.state !== "running" && !(running && round.value.state === "closing")) {
      return { kind: "notNow", detail: `Round ${number} of ${name} sends nothing any more.` };
    }
    const after = closed(
      round.value,
      { why: "stopped", by, atMs: nowMs },
      running ? "all" : "waiting",
    );
    changeRound(tx, round, after);
    const detail = `round ${number}: stopped${running ? ", with what runs" : ""}`;
    const fact = factOf("roundClosed", steering, nowMs, detail);
    changeSweep(tx, sweep, unstalled(sweep.value, number), [fact]);
    return { kind: "done", round: number };
  });
  if (steered.kind !== "done") return steered;
  const round = await loadRound(ports.ledger, steering.name, steering.number);
  if (round !== null) {
    const { batch, uncounted } = round.value;
    const all = uncounted.includes(batch) ? uncounted : [...uncounted, batch];
    await cancelSent(ports, limits, { ...round.value, uncounted: all });
  }
  return steered;
}

/** Lets a paused round go on. It is judged by what fails from now on. */
export async function resumeRound(ports: SteerPorts, steering: RoundSteering): Promise<Steered> {
  return await steer(ports, steering, (tx, { round, sweep }, nowMs) => {
    const { name, number } = steering;
    if (round.value.paused === null || round.value.state !== "running") {
      return { kind: "notNow", detail: `Round ${number} of ${name} is not paused.` };
    }
    const { ended, failed } = endsOf(round.value.counts);
    changeRound(tx, round, { ...round.value, paused: null, forgiven: { ended, failed } });
    const fact = factOf("roundResumed", steering, nowMs, `round ${number}`);
    changeSweep(tx, sweep, unstalled(sweep.value, number), [fact]);
    return { kind: "done", round: number };
  });
}

/** Lets a round send nothing more until a person resumes it; what it has sent goes on. */
export async function pauseRound(ports: SteerPorts, steering: RoundSteering): Promise<Steered> {
  return await steer(ports, steering, (tx, { round, sweep }, nowMs) => {
    const { name, number, by } = steering;
    if (round.value.state !== "running" || round.value.paused !== null) {
      return { kind: "notNow", detail: `Round ${number} of ${name} is not running.` };
    }
    const paused = { code: "asked", detail: `Paused by ${by}.`, atMs: Math.floor(nowMs) };
    changeRound(tx, round, { ...round.value, paused });
    const fact = factOf("roundPaused", steering, nowMs, `round ${number}`);
    changeSweep(tx, sweep, sweep.value, [fact]);
    return { kind: "done", round: number };
  });
}

/** Machines that one transaction sends again: two changes each, and the round. */
const AGAIN_AT_ONCE = 45;

/** What came of asking for the failures again. */
export type Rerun = Steered | { readonly kind: "again"; readonly machines: number };

/**
 * Sends the machines again that the round has counted and not reached, in the same round. A round
 * that has ended is opened again, for as long as its sweep lets a round be open.
 */
export async function rerunRound(ports: SteerPorts, steering: RoundSteering): Promise<Rerun> {
  const { name, number } = steering;
  const opened = await steer(ports, steering, (tx, { round, sweep }, nowMs) => {
    if (round.value.state === "closing") {
      const detail = `Round ${number} of ${name} is being closed; ask again when it has ended.`;
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
  let machines = 0;
  for await (const rows of pagesOf(ports.ledger, sweptOf(name))) {
    const { readable } = sorted(sweptSchema, rows);
    const missed = readable.filter(({ value }) => isMissed(value, number));
    for (let from = 0; from < missed.length; from += AGAIN_AT_ONCE) {
      const some = missed.slice(from, from + AGAIN_AT_ONCE);
      const ids = some.map(({ row }) => machineIdOfTarget(row.key));
      machines += await sendAgain(ports, steering, ids);
    }
  }
  return { kind: "again", machines };
}

/** Where it ended without success: what is on its way, or was reached, or left out, stays. */
const NOT_MISSED: ReadonlySet<string> = new Set([REACHED, "sent", "inHand", "recent", AGAIN]);

function isMissed({ round, state }: Swept, number: number): boolean {
  return round === number && !NOT_MISSED.has(state);
}

/** Machines that join now are in a new run, so each gets a sequence of its own. */
function reopened(round: RoundRecord, nowMs: number): RoundRecord {
  const isOver = round.state === "ended";
  const fresh = round.batchMachines > 0 ? { batch: round.batch + 1, batchMachines: 0 } : {};
  const { ended, failed } = endsOf(round.counts);
  return {
    ...round,
    ...(round.inHand.length === 0 ? fresh : {}),
    state: "running",
    closed: null,
    endedAtMs: null,
    reruns: round.reruns + 1,
    forgiven: { ended, failed },
    expiresAtMs: isOver ? Math.floor(nowMs) + msOf(round.definition.expires) : round.expiresAtMs,
    listedAtMs: round.listedAtMs ?? Math.floor(nowMs),
  };
}

/** Lets the next listing find these machines as if the round had never asked for them. */
async function sendAgain(
  ports: SteerPorts,
  { name, number }: RoundSteering,
  machineIds: readonly string[],
): Promise<number> {
  return await transact(ports, usual(`round ${number} of ${name}`), async (tx) => {
    const round = await loadRound(tx, name, number);
    if (round?.value.state !== "running") return 0;
    const swept = await loadSwept(tx, name, machineIds);
    const changes: RowChange[] = [];
    let { counts } = round.value;
    for (const [machineId, before] of swept) {
      if (!isMissed(before.value, number)) continue;
      counts = uncounted(counts, { ended: before.value.state }, 1);
      changes.push(...sweptChange(name, machineId, before, { ...before.value, state: AGAIN }));
    }
    tx.stage(changes);
    changeRound(tx, round, { ...listedAnew(round.value), counts });
    return changes.length;
  });
}

interface Found {
  readonly round: Stored<RoundRecord>;
  readonly sweep: Stored<SweepRecord>;
}
type Step = (tx: Transaction, found: Found, nowMs: number) => Steered;

async function steer(
  ports: SteerPorts,
  { name, number }: RoundSteering,
  step: Step,
): Promise<Steered> {
  return await transact(ports, usual(`round ${number} of ${name}`), async (tx) => {
    const [round, sweep] = [await loadRound(tx, name, number), await loadSweep(tx, name)];
    if (round === null || sweep === null) {
      return { kind: "notNow", detail: `There is no round ${number} of ${name}.` };
    }
    return step(tx, { round, sweep }, ports.clock.earliest());
  });
}

function factOf(
  event: AuditFacts["event"],
  { by }: RoundSteering,
  nowMs: number,
  detail: string,
): AuditFacts {
  return factOfSweep(event, { atMs: nowMs, by, detail });
}
