import type { AuditFacts } from "../../evidence/audit.ts";
import type { Stored } from "../../ledger/sequence/rows.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { changeRound, changeSweep, factOfSweep } from "../../store/change-sweep.ts";
import { loadRound, loadSweep } from "../../store/load-sweeps.ts";
import { transact, usual, type Transaction } from "../../store/transact.ts";
import { endsOf } from "../../sweep/failures.ts";
import type { RoundRecord } from "../../sweep/round.ts";
import { unstalled, type SweepRecord } from "../../sweep/sweep.ts";
import { cancelAtOnce } from "./cancel-sent.ts";
import { closed } from "./close-round.ts";
import type { SweepPorts } from "./ports.ts";
import type { Steered } from "./steer-sweep.ts";

/** What a round is steered with. */
export type SteerPorts = Pick<SweepPorts, "ledger" | "bells" | "clock" | "random" | "log">;

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
  const steered = await steerFound(ports, steering, (tx, { round, sweep }, nowMs) => {
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
  if (steered.kind === "done") await cancelAtOnce(ports, limits, steering);
  return steered;
}

/** Lets a paused round go on. It is judged by what fails from now on. */
export async function resumeRound(ports: SteerPorts, steering: RoundSteering): Promise<Steered> {
  return await steerFound(ports, steering, (tx, { round, sweep }, nowMs) => {
    const { name, number } = steering;
    if (round.value.paused === null || round.value.state !== "running") {
      return { kind: "notNow", detail: `Round ${number} of ${name} is not paused.` };
    }
    const { ended, failed } = endsOf(round.value.counts);
    const after = { ...round.value, paused: null, hindrance: null };
    changeRound(tx, round, { ...after, forgiven: { ended, failed } });
    const fact = factOf("roundResumed", steering, nowMs, `round ${number}`);
    changeSweep(tx, sweep, unstalled(sweep.value, number), [fact]);
    return { kind: "done", round: number };
  });
}

/** Lets a round send nothing more until a person resumes it; what it has sent goes on. */
export async function pauseRound(ports: SteerPorts, steering: RoundSteering): Promise<Steered> {
  return await steerFound(ports, steering, (tx, { round, sweep }, nowMs) => {
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

interface Found {
  readonly round: Stored<RoundRecord>;
  readonly sweep: Stored<SweepRecord>;
}
type Step = (tx: Transaction, found: Found, nowMs: number) => Steered;

/** One transaction on a round and its sweep; nothing is done if there is no such round. */
export async function steerFound(
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

/** What a person has decided about a round, for the log of the sweep. */
export function factOf(
  event: AuditFacts["event"],
  { by }: RoundSteering,
  nowMs: number,
  detail: string,
): AuditFacts {
  return factOfSweep(event, { atMs: nowMs, by, detail });
}
