import { createHash } from "node:crypto";
import { z } from "zod";
import type { MachineScope } from "../access/machine-scope.ts";
import type { Incident } from "../incident/incident.ts";
import type { Problem } from "../incident/problem.ts";
import { idempotencyRowKey, URGENT_LANE } from "../ledger/keys.ts";
import type { CallbackTarget } from "../ledger/notice.ts";
import type { RunRecord } from "../ledger/run.ts";
import type { SequenceRecord } from "../ledger/sequence.ts";
import { secondsLeftOfDay, type Caps, type OverCap } from "../limits/caps.ts";
import type { Limits } from "../limits/limits.ts";
import type { Catalogue } from "../plan/catalogue.ts";
import { planIncident, type Plan, type SkippedMachine } from "../plan/plan.ts";
import type { Routing } from "../plan/routing.ts";
import type { Ports } from "../ports.ts";
import { factAbout } from "./audit.ts";
import { loadBudget, loadRun } from "./load.ts";
import { listSequences } from "./list-sequences.ts";
import { ringNotices } from "./ring-notices.ts";
import { newRun, newSequence } from "./new-records.ts";
import { resolveMachines } from "./resolve-machines.ts";
import { stateOf, type RunState } from "./run-view.ts";
import { writeRun } from "./write-run.ts";

export type AcceptPorts = Pick<Ports, "ledger" | "bells" | "defender" | "clock" | "random" | "log">;

export interface AcceptSettings {
  readonly limits: Limits;
  readonly expiryMs: number;
  readonly catalogue: Catalogue;
  readonly routing: Routing;
  readonly scope: MachineScope;
}

/** An incident as a known caller asks for it to be worked on. */
export interface Submission {
  readonly incident: Incident;
  readonly caller: string;
  readonly asked: { profile: string | null; parameters: Readonly<Record<string, string>> };
  /**
   * The caller's own key for this request, and what a second request must equal to be the same:
   * hashes, hex.
   */
  readonly idempotencyKey: string | null;
  readonly requestHash: string;
  /** How many machines it may bring; null counts nothing. */
  readonly caps: Caps | null;
  /** Who is told of it. */
  readonly callbacks: readonly CallbackTarget[];
  /** Run it anew although it was accepted before. */
  readonly again: boolean;
  /** Whether the caller may use a profile; checked against what routing chose, too. */
  readonly mayUse: (profile: string) => boolean;
}

/** A sequence as the answer names it. */
type AcceptedSequence = Pick<SequenceRecord, "sequenceId" | "machineId" | "machineName" | "state">;

export type Acceptance =
  | {
      readonly kind: "accepted";
      readonly run: RunRecord;
      readonly state: RunState;
      readonly sequences: readonly AcceptedSequence[];
      readonly skipped: readonly SkippedMachine[];
    }
  | { readonly kind: "invalid"; readonly problems: readonly Problem[] }
  | { readonly kind: "forbidden"; readonly detail: string }
  | {
      readonly kind: "nothingToDo";
      readonly detail: string;
      readonly skipped: readonly SkippedMachine[];
    }
  | { readonly kind: "keyReused"; readonly detail: string }
  | { readonly kind: "tooManyMachines"; readonly detail: string }
  /** A cap of the day; the next day begins in `retryAfterSeconds`. */
  | { readonly kind: "overCap"; readonly detail: string; readonly retryAfterSeconds: number }
  | { readonly kind: "unavailable"; readonly detail: string };

const keySchema = z.object({
  v: z.literal(1),
  runId: z.string(),
  requestHash: z.string(),
  sequenceIds: z.array(z.string()),
});

/** Ids in one message of the queue. */
const IDS_PER_BELL = 100;

/**
 * Takes an incident in: rows in the ledger, then a bell, then the answer. What was accepted before
 * is returned and not repeated; machines new to the incident start. Throws if storage is out of
 * reach: then nothing was promised.
 */
export async function accept(
  ports: AcceptPorts,
  settings: AcceptSettings,
  submission: Submission,
): Promise<Acceptance> {
  const keyHash = keyHashOf(submission);
  const before = keyHash === null ? null : await acceptedBefore(ports, keyHash, submission);
  if (before !== null) return before;

  const resolved = await resolveMachines(ports, settings, submission.incident.machines);
  if (resolved.kind === "unavailable") return resolved;
  const planned = planIncident({ ...settings, ...submission, machines: resolved.machines });
  if (planned.kind !== "parsed") return planned;
  const barred = planned.value.sequences.find((each) => !submission.mayUse(each.profile.name));
  if (barred !== undefined) {
    const detail = `${submission.caller} may not use the profile ${barred.profile.name}.`;
    return { kind: "forbidden", detail };
  }
  return await enqueue(ports, settings, submission, planned.value, keyHash);
}

async function enqueue(
  ports: AcceptPorts,
  settings: AcceptSettings,
  submission: Submission,
  plan: Plan,
  keyHash: string | null,
): Promise<Acceptance> {
  const budget = await loadBudget(ports.ledger);
  const nowMs = ports.clock.earliest();
  const nonce = submission.again ? (keyHash ?? ports.random.id()) : null;
  const run = newRun(submission, plan, nonce, nowMs);
  const sequences = plan.sequences.map((each, index) => {
    const pass = budget.value.pass + 1 + index;
    return newSequence(run, each, { nowMs, pass, expiresAtMs: nowMs + settings.expiryMs });
  });
  const key =
    keyHash === null
      ? null
      : {
          key: idempotencyRowKey(keyHash),
          body: {
            v: 1,
            runId: run.runId,
            requestHash: submission.requestHash,
            sequenceIds: sequences.map((each) => each.sequenceId),
          } satisfies z.infer<typeof keySchema>,
        };
  const { caller, caps } = submission;
  const factOf = (added: number) =>
    factAbout("accepted", [], {
      atMs: nowMs,
      by: caller,
      detail: acceptedDetail(run, plan, added),
    });
  const counting = caps === null ? null : { caps, caller };
  const written = await writeRun(ports, { run, sequences, key, counting, factOf });
  if (written.kind === "overCap") return overCap(ports, submission, written);
  if (written.kind === "keyTaken") {
    // The same request came twice at once; the other one's answer is this one's too.
    const before = await acceptedBefore(ports, keyHash ?? "", submission);
    if (before !== null) return before;
    throw new Error("an idempotency key was taken and is gone");
  }
  await ringFor(ports, run.runId, written.added);
  if (written.run.callbacks.length > 0) await ringNotices(ports);
  ports.log("info", "accepted", {
    runId: run.runId,
    source: run.source,
    caller: submission.caller,
    added: written.added.length,
    known: sequences.length - written.added.length,
    skipped: plan.skipped.length,
  });
  return answer(written.run, sequences, written.known, plan.skipped);
}

/** What is left is told, so that the sender can choose. */
function overCap(
  { clock, log }: AcceptPorts,
  { caller, incident }: Submission,
  { cap, limit, left, asked }: OverCap,
): Acceptance {
  log("warn", "overCap", { caller, cap, limit, left, asked, incidentId: incident.incidentId });
  const numbers = `${asked} new machines were asked for, and ${left} of ${limit} are left`;
  if (cap === "perIncident") {
    return { kind: "tooManyMachines", detail: `${numbers} to the incident; nothing was accepted.` };
  }
  const whose = cap === "perDay" ? "everybody" : `caller ${caller}`;
  const detail = `${numbers} to ${whose} until 00:00 UTC; nothing was accepted.`;
  return { kind: "overCap", detail, retryAfterSeconds: secondsLeftOfDay(clock.earliest()) };
}

function acceptedDetail({ source, incidentId }: RunRecord, plan: Plan, added: number): string {
  const profiles = new Set(
    plan.sequences.map(({ profile }) => `${profile.name}@${profile.version}`),
  );
  const taken = `${added} new of ${plan.sequences.length} sequences`;
  return `${taken}, ${plan.skipped.length} skipped; ${[...profiles].join(", ")}; ${source} ${incidentId}`;
}

function answer(
  run: RunRecord,
  planned: readonly SequenceRecord[],
  known: ReadonlyMap<string, SequenceRecord>,
  skipped: readonly SkippedMachine[],
): Acceptance {
  const sequences = planned.map((each) => {
    const { sequenceId, machineId, machineName, state } = known.get(each.sequenceId) ?? each;
    return { sequenceId, machineId, machineName, state };
  });
  return { kind: "accepted", run, state: stateOf(run), sequences, skipped };
}

/** What this key was answered with, or that it was used for another request; null if it is new. */
async function acceptedBefore(
  ports: AcceptPorts,
  keyHash: string,
  submission: Submission,
): Promise<Acceptance | null> {
  const row = await ports.ledger.read(idempotencyRowKey(keyHash));
  if (row === null) return null;
  const key = keySchema.parse(row.body);
  if (key.requestHash !== submission.requestHash) {
    const detail =
      "This Idempotency-Key was used for another request; send a new key, or the same body.";
    return { kind: "keyReused", detail };
  }
  const run = await loadRun(ports.ledger, key.runId);
  if (run === null) throw new Error(`run ${key.runId} is gone, but its key is not`);
  const ids = new Set(key.sequenceIds);
  const sequences = (await listSequences(ports.ledger, key.runId)).filter((each) =>
    ids.has(each.sequenceId),
  );
  return answer(run.value, sequences, new Map(), run.value.skipped);
}

async function ringFor(
  { bells }: AcceptPorts,
  runId: string,
  added: readonly SequenceRecord[],
): Promise<void> {
  const urgent = added.some((each) => each.lane === URGENT_LANE);
  for (let start = 0; start < added.length; start += IDS_PER_BELL) {
    const sequenceIds = added.slice(start, start + IDS_PER_BELL).map((each) => each.sequenceId);
    await bells.ringDrain({ why: "accepted", runId, sequenceIds, urgent }, 0);
  }
}

/** One caller's keys never meet another's. */
function keyHashOf({ caller, idempotencyKey }: Submission): string | null {
  if (idempotencyKey === null) return null;
  return createHash("sha256").update(`${caller.length}:${caller}${idempotencyKey}`).digest("hex");
}
