import type { Incident } from "../incident/incident.ts";
import type { RunRecord } from "../ledger/run.ts";
import type { SequenceRecord } from "../ledger/sequence.ts";
import { runIdOf, sequenceIdOf } from "../plan/identity.ts";
import type { Plan } from "../plan/plan.ts";

/**
 * The run an incident makes, before anything of it is written. `nonce` tells it from earlier runs,
 * if there is one.
 */
export function newRun(
  { incident, caller }: { incident: Incident; caller: string },
  plan: Plan,
  nonce: string | null,
  nowMs: number,
): RunRecord {
  const { source, incidentId, title, severity, url } = incident;
  return {
    v: 1,
    runId: runIdOf({ source, incidentId, again: nonce }),
    source,
    incidentId,
    title,
    severity,
    url,
    requestedBy: caller,
    requestedAtMs: nowMs,
    planned: plan.sequences.length,
    accepted: 0,
    open: 0,
    finishedAtMs: null,
    skipped: [...plan.skipped],
    custody: { count: 0, head: FIRST_HEAD },
  };
}

/** What the first custody entry names as the one before it. */
const FIRST_HEAD = "0".repeat(64);

/** A sequence as it is first written: ready to go, at its place among those that wait. */
export function newSequence(
  run: RunRecord,
  planned: Plan["sequences"][number],
  at: { nowMs: number; pass: number; expiresAtMs: number },
): SequenceRecord {
  const { machineId, machineName, profile, lane, parameters } = planned;
  return {
    v: 1,
    sequenceId: sequenceIdOf(run.runId, { machineId, profile, parameters }),
    runId: run.runId,
    machineId,
    machineName,
    profile: { ...profile },
    parameters: { ...parameters },
    lane,
    pass: at.pass,
    parts: planned.parts.map((part) => part.map((command) => ({ ...command }))),
    part: 0,
    attempt: 0,
    state: "waiting",
    place: { kind: "ready" },
    reason: null,
    acceptedAtMs: at.nowMs,
    expiresAtMs: at.expiresAtMs,
    claimedAtMs: null,
    submittedAtMs: null,
    endedAtMs: null,
    actionId: null,
    actionStatus: null,
    offlineTimes: 0,
    busyTimes: 0,
    cancel: null,
    outcome: null,
    progress: [],
    results: [],
  };
}
