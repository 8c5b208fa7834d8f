import { judgeMachine, needsFacts, type ScopeVerdict } from "../../access/machine-scope.ts";
import type { Known } from "../../access/authenticate.ts";
import { whyNot, whyNotProfile } from "../../access/authorize.ts";
import { capsOf, type Caps } from "../../access/caps.ts";
import type { RunRecord } from "../../ledger/run/run.ts";
import { endBeforeRetry } from "../../ledger/run/tally.ts";
import { isTerminal, type SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { scriptFailed } from "../../ledger/sequence/progress.ts";
import { retryIdOf } from "../../plan/identity.ts";
import { URGENT_LANE } from "../../plan/lane.ts";
import type { CatalogueEntry } from "../../plan/profile/catalogue.ts";
import type { LedgerReads } from "../../ports.ts";
import { factAbout } from "../../store/audit.ts";
import { lastPass, loadRun, loadSequence } from "../../store/load.ts";
import type { ReachedSequence } from "../../store/reach-sequence.ts";
import { ringNotices } from "../notify/ring-notices.ts";
import type { Acceptance, AcceptPorts, AcceptSettings } from "./answer.ts";
import { newSequence } from "./new-records.ts";
import { overCap, uncounted } from "./not-written.ts";
import { writeRun, type RunToWrite, type Written } from "./write-run.ts";

/** What came of a retry. */
export type Retried =
  | {
      readonly kind: "retried";
      readonly sequence: SequenceRecord;
      /** False if it was there before: somebody else has asked for the same. */
      readonly isNew: boolean;
    }
  /** It goes on, it succeeded, or its profile is not what it was; nothing was written. */
  | { readonly kind: "notRetryable"; readonly detail: string }
  | { readonly kind: "outOfScope"; readonly detail: string }
  | Extract<Acceptance, { kind: "forbidden" | "overCap" | "tooManyMachines" | "unavailable" }>;

export interface RetrySettings extends AcceptSettings {
  readonly caps: Caps;
}

/** So that a chain of retries has an end. Our own bound. */
const RETRIES_MAX = 20;

/**
 * Runs a sequence again that ended without success, or whose script failed: as a new sequence of
 * the same run, with the same commands and parameters on the same machine. The first record stays
 * as it is. What has been retried before is retried by its last retry, so there is never more than
 * one that is open. The rights, scope, caps, approvals and pins are those of today.
 */
export async function retrySequence(
  ports: AcceptPorts,
  settings: RetrySettings,
  { runId, sequenceId }: Pick<ReachedSequence, "runId" | "sequenceId">,
  who: Pick<Known, "caller" | "objectId">,
): Promise<Retried> {
  const run = await loadRun(ports.ledger, runId);
  const last = await lastRetryOf(ports.ledger, sequenceId);
  if (run === null || last === null) throw new Error(`${sequenceId} was there, and is gone`);
  const why = whyForbidden(settings, run.value, last, who);
  if (why !== null) return { kind: "forbidden", detail: why };
  if (!isTerminal(last)) {
    if (last.sequenceId !== sequenceId) return { kind: "retried", sequence: last, isNew: false };
    return notRetryable("It has not ended yet; cancel it first, or wait.");
  }
  const stays = whyStays(settings, last);
  if (stays !== null) return notRetryable(stays);
  const verdict = scopeNow(settings, last);
  if (verdict.kind === "denied") return { kind: "outOfScope", detail: verdict.reason };
  const toWrite = await retryToWrite(ports, settings, { run: run.value, last, who, verdict });
  return await written(ports, toWrite, last, who.caller.name);
}

function notRetryable(detail: string): Retried {
  return { kind: "notRetryable", detail };
}

/** The sequence itself, or the last of those that retry it; null if there is no such sequence. */
async function lastRetryOf(
  ledger: LedgerReads,
  sequenceId: string,
): Promise<SequenceRecord | null> {
  let last = await loadSequence(ledger, sequenceId);
  for (let retries = 0; last !== null && retries < RETRIES_MAX; retries += 1) {
    const next = await loadSequence(ledger, retryIdOf(last.value.sequenceId));
    if (next === null) break;
    last = next;
  }
  return last?.value ?? null;
}

function whyForbidden(
  { catalogue }: RetrySettings,
  { source }: RunRecord,
  { profile: { name: profile } }: SequenceRecord,
  { caller }: Pick<Known, "caller">,
): string | null {
  const isPinned = catalogue.get(profile)?.profile.pinned ?? true;
  return (
    whyNot(caller, "again", { source }) ?? whyNotProfile(caller, { source, profile, isPinned })
  );
}

/** Why it is not run again, although it has ended; null if it can be. */
function whyStays({ catalogue }: RetrySettings, last: SequenceRecord): string | null {
  const { profile, retry } = last;
  const anew = "Send the incident again with again=true.";
  if (isDone(last)) {
    return retry === null
      ? `It has succeeded. ${anew}`
      : `Its retry ${last.sequenceId} has succeeded. ${anew}`;
  }
  if ((retry?.number ?? 0) >= RETRIES_MAX) return `It was retried ${RETRIES_MAX} times. ${anew}`;
  const entry = catalogue.get(profile.name);
  if (entry === undefined) return `The profile ${profile.name} is not there any more.`;
  if (entry.hash === profile.hash) return null;
  const { version } = entry.profile;
  return `The profile ${profile.name} was changed since: it is version ${version} now. ${anew}`;
}

/** Its commands completed, and no script says that it failed. */
function isDone({ state, results }: SequenceRecord): boolean {
  return state === "succeeded" && !results.some((each) => scriptFailed(each) === true);
}

/** A scope that asks for facts judges by those that the drain gets, right before the claim. */
function scopeNow(
  { scope }: RetrySettings,
  { machineId, machineFacts }: SequenceRecord,
): ScopeVerdict {
  const verdict = judgeMachine(scope, machineId, machineFacts);
  const isLater = verdict.kind === "denied" && needsFacts(scope);
  return isLater ? { kind: "allowed" } : verdict;
}

interface Retrying {
  readonly run: RunRecord;
  readonly last: SequenceRecord;
  readonly who: Pick<Known, "caller" | "objectId">;
  readonly verdict: ScopeVerdict;
}

async function retryToWrite(
  { ledger, clock }: AcceptPorts,
  { catalogue, caps, expiryMs, policy, approvalMs }: RetrySettings,
  { run, last, who, verdict }: Retrying,
): Promise<RunToWrite> {
  const { caller, objectId } = who;
  const { name: by } = caller;
  const pass = (await lastPass(ledger)) + 1;
  const nowMs = clock.earliest();
  const at = { nowMs, pass, expiresAtMs: nowMs + expiryMs, sweep: last.sweep };
  const approvals = approvalsOf(catalogue.get(last.profile.name), verdict);
  const planned = { ...last, approvals, platform: null };
  const sequence: SequenceRecord = {
    ...newSequence({ ...run, requestedBy: by }, planned, at),
    sequenceId: retryIdOf(last.sequenceId),
    retry: {
      of: last.sequenceId,
      number: (last.retry?.number ?? 0) + 1,
      ends: [...(last.retry?.ends ?? []), endBeforeRetry(last)],
    },
  };
  const detail = `${sequence.sequenceId} retries ${last.sequenceId}`;
  return {
    // Nobody joins those who are told.
    run: { ...run, callbacks: [] },
    sequences: [sequence],
    isPlanned: false,
    key: null,
    guard: null,
    // It brings no machine that the incident did not have.
    counting: { caps: { ...capsOf(caller, caps), perIncident: Infinity }, caller: by },
    policy,
    asking: { by, objectId, untilMs: nowMs + approvalMs },
    factOf: () => factAbout("retried", [last, sequence], { atMs: nowMs, by, detail }),
  };
}

function approvalsOf(entry: CatalogueEntry | undefined, { kind }: ScopeVerdict): number {
  return Math.max(entry?.profile.approvals ?? 0, kind === "needsApproval" ? 1 : 0);
}

async function written(
  ports: AcceptPorts,
  toWrite: RunToWrite,
  last: SequenceRecord,
  by: string,
): Promise<Retried> {
  const came = await writeRun(ports, toWrite);
  if (came.kind === "setAside") return await uncounted(ports, came.aside);
  if (came.kind === "overCap") return overCap(ports, { caller: by, incident: toWrite.run }, came);
  if (came.kind !== "written") throw new Error(`a retry is ${came.kind}`);
  const sequence = sequenceIn(came, retryIdOf(last.sequenceId));
  const { sequenceId, runId, lane } = sequence;
  const isNew = came.added.length > 0;
  if (isNew) {
    const bell = { why: "accepted" as const, sequenceIds: [sequenceId], runId };
    await ports.bells.ringDrain({ ...bell, urgent: lane === URGENT_LANE }, 0);
    if (came.run.callbacks.length > 0) await ringNotices(ports);
    ports.log("info", "retried", { sequenceId, of: last.sequenceId, by });
  }
  return { kind: "retried", sequence, isNew };
}

/** The one that was written now, or before by somebody who asked for the same. */
function sequenceIn(
  { added: [own], known }: Extract<Written, { kind: "written" }>,
  sequenceId: string,
): SequenceRecord {
  const sequence = own ?? known.get(sequenceId);
  if (sequence === undefined) throw new Error(`${sequenceId} was not written`);
  return sequence;
}
