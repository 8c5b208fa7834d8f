import type { Incident } from "../../incident/incident.ts";
import { FIRST_HEAD } from "../../ledger/run/chain-head.ts";
import { NO_DECISIONS } from "../../ledger/sequence/decisions.ts";
import type { CallbackTarget } from "../../ledger/outbox/notice.ts";
import type { RunRecord } from "../../ledger/run/run.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { runIdOf, sequenceIdOf, sweepRunIdOf } from "../../plan/identity.ts";
import { batchOf, type SweptBy } from "../../ledger/sweep/batch.ts";
import type { Plan } from "../../plan/plan.ts";
import type { SweptRequest } from "./answer.ts";

/**
 * The run of an incident before anything of it is written. `again`, if given, makes it another run
 * than earlier ones of the incident; `isFirst` is true if the team may be the first that sends it.
 */
export function newRun(
  submission: {
    incident: Incident;
    caller: string;
    team: string;
    callbacks: readonly CallbackTarget[];
    sweep?: SweptRequest;
  },
  plan: Plan,
  { again, isFirst }: { again: string | null; isFirst: boolean },
  nowMs: number,
): RunRecord {
  const { incident, caller, team, callbacks, sweep } = submission;
  const { source, incidentId, title, severity, url, armId } = incident;
  const runId = runIdOf({ source, incidentId, again, team: isFirst ? null : team });
  return {
    v: 1,
    runId: sweep === undefined ? runId : sweepRunIdOf(sweep.by),
    source,
    incidentId,
    title,
    severity,
    url,
    team,
    requestedBy: caller,
    requestedAtMs: nowMs,
    accepted: 0,
    open: 0,
    finishedAtMs: null,
    skipped: [...plan.skipped],
    readAs: [...plan.readAs],
    custody: FIRST_HEAD,
    audit: FIRST_HEAD,
    armId,
    callbacks: [...callbacks],
    driftToldAtMs: null,
    gate: null,
    turns: 0,
    cancelAsked: null,
    approval: null,
    seal: null,
    sealAsked: 0,
    tally: [],
    summary: null,
    outputRead: [],
    sweep: sweep === undefined ? null : batchOf(sweep.by),
  };
}

/** A new sequence as it is first written: ready, at its place in the line. */
export function newSequence(
  run: RunRecord,
  planned: Plan["sequences"][number],
  at: { nowMs: number; pass: number; expiresAtMs: number; sweep: SweptBy | null },
): SequenceRecord {
  const { machineId, machineName, machineFacts, profile, lane, parameters } = planned;
  return {
    v: 1,
    sequenceId: sequenceIdOf(run.runId, { machineId, profile, parameters }),
    runId: run.runId,
    requestedBy: run.requestedBy,
    retry: null,
    machineId,
    machineName,
    machineFacts: machineFacts === null ? null : { ...machineFacts },
    profile: { ...profile },
    parameters: { ...parameters },
    approvals: { needed: planned.approvals, by: [] },
    wave: null,
    lane,
    pass: at.pass,
    parts: planned.parts.map((part) => part.map((command) => ({ ...command }))),
    ...NOT_CLAIMED,
    state: "waiting",
    place: { kind: "ready" },
    reason: null,
    libraryHold: null,
    acceptedAtMs: at.nowMs,
    expiresAtMs: at.expiresAtMs,
    endedAtMs: null,
    offlineTimes: 0,
    busyTimes: 0,
    cancel: null,
    stopped: null,
    outcome: null,
    claims: [],
    givenUp: [],
    progress: [],
    results: [],
    late: [],
    impersonations: [],
    decisions: NO_DECISIONS,
    inHistory: false,
    sweep: at.sweep,
  };
}

/** Nothing was sent to Defender. */
const NOT_CLAIMED = {
  part: 0,
  attempt: 0,
  attempts: 0,
  readyAtMs: null,
  claimedAtMs: null,
  submittedAtMs: null,
  actionId: null,
  unmarked: false,
  actionStatus: null,
  unanswered: null,
} as const;
