import { openApiDocument } from "./api/openapi.ts";
import type { Caller } from "./access/caller.ts";
import { whyApproval } from "./access/why-approval.ts";
import type { Config } from "./config.ts";
import type { Log, Ports } from "./ports.ts";
import type { KnownParts } from "./read-settings.ts";
import { sweepReadings } from "./sweeping.ts";
import { reachRun, type ReachedRun } from "./store/reach-run.ts";
import { reachSequence } from "./store/reach-sequence.ts";
import { previewCancel } from "./workflow/operate/cancel-all.ts";
import { previewCancelOf } from "./workflow/operate/cancel-sequence.ts";
import { withLog } from "./workflow/submit/log-throttles.ts";
import { describeRun } from "./workflow/view/describe-run.ts";
import { describeAttention } from "./workflow/view/describe-attention.ts";
import { describeCaller } from "./workflow/view/describe-caller.ts";
import { describeLibrary } from "./workflow/view/describe-library.ts";
import { describeMachine } from "./workflow/view/describe-machine.ts";
import { describeNow, glanceAtNow } from "./workflow/view/describe-now.ts";
import { describeProfiles } from "./workflow/view/describe-profiles.ts";
import { describeQueue } from "./workflow/view/describe-queue.ts";
import { describeStatus } from "./workflow/view/describe-status.ts";
import type { SweepRecord } from "./sweep/sweep.ts";
import {
  readQueueAudit,
  readRunAudit,
  readSweepAudit,
  type AuditAsked,
} from "./workflow/view/read-audit.ts";
import { readMachineAudit } from "./workflow/view/read-machine-audit.ts";
import { readDecisions } from "./workflow/view/read-decisions.ts";
import { readSeals } from "./workflow/view/read-seals.ts";
import { listCallbacks } from "./workflow/view/list-callbacks.ts";
import { listRuns, type RunsAsked } from "./workflow/view/list-runs.ts";
import { listRunsOfMachine } from "./workflow/view/list-runs-of-machine.ts";
import { listEvidence, openEvidence, readManifest } from "./workflow/view/read-evidence.ts";

/** What a person reads: each view with its ports and settings. */
export function readings(config: Config, outside: Omit<Ports, "log">, known: KnownParts) {
  const { limits } = config;
  const { callers, catalogue, library } = known;
  const { scope } = config.access;
  const approvers = callers.filter(({ may }) => may.includes("run.approve"));
  return {
    ...sweepReadings(outside),
    /** The run as far as the caller's rights reach it; null if they do not. */
    reachRun: (caller: Caller, runId: string) => reachRun(outside.ledger, caller, runId),
    /** The same for one sequence. */
    reachSequence: (caller: Caller, sequenceId: string) =>
      reachSequence(outside.ledger, caller, sequenceId),
    describeRun: (reach: ReachedRun) =>
      describeRun(outside, limits, reach.runId, {
        reach,
        approvers,
        whyApproval: (record) => whyApproval(record, { scope, catalogue }),
      }),
    describeStatus: (caller: Caller) => describeStatus(outside, limits, caller, library),
    /** A page of the queue; null if the cursor is none of it. */
    describeQueue: (caller: Caller, cursor: string | null) =>
      describeQueue(outside, limits, caller, cursor),
    /** A page of callbacks; null if the cursor is none of this list. */
    listCallbacks: (caller: Caller, asked: Parameters<typeof listCallbacks>[2]) =>
      listCallbacks(outside, caller, asked),
    /** A page of runs; null if the cursor is none of this list. */
    listRuns: (caller: Caller, asked: RunsAsked) => listRuns(outside, caller, asked),
    listRunsOfMachine: (caller: Caller, machine: string, asked: RunsAsked) =>
      listRunsOfMachine(outside, caller, machine, asked),
    describeMachine: (caller: Caller, asked: Parameters<typeof describeMachine>[3]) =>
      describeMachine(outside, limits, caller, asked),
    describeAttention: (caller: Caller, sinceMs: number | null) =>
      describeAttention(outside, library, caller, sinceMs),
    openApi: onceMade(openApiDocument),
    describeNow: (caller: Caller) => describeNow(outside, { limits, library }, caller),
    /** The same while `describeNow` is; null if nobody knows that. */
    glanceAtNow: (caller: Caller) => glanceAtNow(outside, { limits, library }, caller),
    describeCaller: (caller: Caller) => describeCaller(caller, config.access.caps),
    describeProfiles: (caller: Caller) => describeProfiles(caller, known),
    describeLibrary: () => describeLibrary(outside, library),
    readManifest: (runId: string) => readManifest(outside, runId),
    listEvidence: (run: ReachedRun) => listEvidence(outside, run.runId, run),
    openEvidence: (run: ReachedRun, which: { sequenceId: string; index: number }) =>
      openEvidence(outside, which, run),
    ...recordReadings(outside),
    previewCancelOf,
    previewCancel: (run: ReachedRun) => previewCancel(outside, run.runId, run),
  };
}

/** Logs, and what they come to. */
function recordReadings(outside: Omit<Ports, "log">) {
  return {
    readQueueAudit: (log: Log, asked: AuditAsked) => readQueueAudit({ ...outside, log }, asked),
    readMachineAudit: (log: Log, machine: string, asked: Exclude<AuditAsked, number>) =>
      readMachineAudit({ ...outside, log }, machine, asked),
    readRunAudit: (log: Log, runId: string, asked: AuditAsked) =>
      readRunAudit({ ...outside, log }, runId, asked),
    readSweepAudit: (log: Log, sweep: SweepRecord, asked: AuditAsked) =>
      readSweepAudit({ ...outside, log }, sweep, asked),
    readDecisions: (runId: string, from: number) => readDecisions(outside, runId, from),
    readSeals: (log: Log, runId: string) => readSeals(withLog(outside, log), runId),
  };
}

/** It takes some milliseconds to make, which only who asks for it has to wait. */
function onceMade<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
