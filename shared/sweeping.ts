import type { Caller } from "./access/caller.ts";
import type { Log, Ports } from "./ports.ts";
import { advanceSweeps } from "./workflow/sweep/advance.ts";
import { applySweep } from "./workflow/sweep/apply-sweep.ts";
import type { SweepPorts, SweepSettings } from "./workflow/sweep/ports.ts";
import { previewSweep } from "./workflow/sweep/preview-sweep.ts";
import { rerunRound } from "./workflow/sweep/rerun-round.ts";
import {
  pauseRound,
  resumeRound,
  stopRound,
  type RoundSteering,
} from "./workflow/sweep/steer-round.ts";
import {
  deleteSweep,
  pauseSweep,
  resumeSweep,
  startRound,
  type Steering,
} from "./workflow/sweep/steer-sweep.ts";
import { reachRound, reachSweep } from "./store/reach-sweep.ts";
import type { SweepRecord } from "./sweep/sweep.ts";
import { describeWholeRound } from "./workflow/view/describe-round.ts";
import { describeWithDefinition, listRounds, listSweeps } from "./workflow/view/describe-sweeps.ts";
import { listCoverage } from "./workflow/view/list-coverage.ts";
import { askingRounds } from "./workflow/view/rows/ask-round.ts";
import { withLog } from "./workflow/submit/log-throttles.ts";

/** What a person does with sweeps, and the timer that goes on with their rounds. */
export function sweeping({
  outside,
  shared,
  settings,
  lockdown,
}: {
  readonly outside: Omit<Ports, "log">;
  readonly shared: Pick<SweepPorts, "countedCommits" | "lookUpPayments">;
  readonly settings: SweepSettings;
  readonly lockdown: boolean;
}) {
  const logging = (log: Log): SweepPorts => ({ ...withLog(outside, log), ...shared });
  const { limits, catalogue } = settings;
  return {
    advanceSweeps: async (log: Log) => {
      if (lockdown) log("warn", "lockedDown");
      else await advanceSweeps(logging(log), settings);
    },
    applySweep: (log: Log, asked: Parameters<typeof applySweep>[2]) =>
      applySweep(logging(log), catalogue, asked),
    previewSweep: (log: Log, sweep: SweepRecord) => previewSweep(logging(log), settings, sweep),
    startRound: (log: Log, who: Steering) => startRound(logging(log), catalogue, who),
    pauseSweep: (log: Log, who: Steering) => pauseSweep(logging(log), who),
    resumeSweep: (log: Log, who: Steering) => resumeSweep(logging(log), who),
    deleteSweep: (log: Log, who: Steering) => deleteSweep(logging(log), limits, who),
    stopRound: (log: Log, who: RoundSteering, running: boolean) =>
      stopRound(logging(log), limits, who, running),
    pauseRound: (log: Log, who: RoundSteering) => pauseRound(logging(log), who),
    resumeRound: (log: Log, who: RoundSteering) => resumeRound(logging(log), who),
    rerunRound: (log: Log, who: RoundSteering) => rerunRound(logging(log), who),
  };
}

/** What a person reads of sweeps. */
export function sweepReadings(outside: Omit<Ports, "log">) {
  return {
    /** The sweep if the caller's rights reach it; null if they do not. */
    reachSweep: async (caller: Caller, name: string, which?: { readonly deleted?: boolean }) =>
      (await reachSweep(outside.ledger, caller, name, which))?.value ?? null,
    reachRound: async (caller: Caller, name: string, number: number | "last") =>
      (await reachRound(outside.ledger, caller, name, number))?.value ?? null,
    listSweeps: (caller: Caller) => listSweeps(outside, caller),
    describeSweep: (sweep: SweepRecord) => describeWithDefinition(sweep, outside.clock.earliest()),
    /** A page of the rounds of a sweep; null if the cursor is none of this list. */
    listRounds: (sweep: SweepRecord, cursor: string | null) => listRounds(outside, sweep, cursor),
    describeRound: describeWholeRound,
    /** A page of the machines of a sweep; null if the cursor is none of this list. */
    listCoverage: (name: string, asked: Parameters<typeof listCoverage>[2]) =>
      listCoverage(outside, name, asked),
    ...askingRounds(outside),
  };
}
