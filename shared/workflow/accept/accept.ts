import { URGENT_LANE } from "../../plan/lane.ts";
import type { RunRecord } from "../../ledger/run/run.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import type { Plan } from "../../plan/plan.ts";
import { acceptedBefore, keyHashOf, keyRowOf } from "./idempotency.ts";
import {
  answer,
  type Acceptance,
  type AcceptPorts,
  type AcceptSettings,
  type Submission,
} from "./answer.ts";
import { factAbout } from "../../store/audit.ts";
import { lastPass } from "../../store/load.ts";
import { ringNotices } from "../notify/ring-notices.ts";
import { newRun, newSequence } from "./new-records.ts";
import { chosenFor, planFor } from "./plan-submission.ts";
import { overCap, tooLarge, tooManyCallbacks, uncounted } from "./not-written.ts";
import { writeRun, type RunToWrite, type Written } from "./write-run.ts";

export type { Acceptance, AcceptPorts, AcceptSettings, Submission } from "./answer.ts";

/**
 * The sequences of at most this many machines get their own rows at once. An intake row and its
 * pointer would be two rows, and cost two more requests later.
 */
const WRITTEN_AT_ONCE_MAX = 4;

/**
 * Accepts an incident: one transaction of the ledger, then a bell, then the answer. If it was
 * accepted before, it gets the same answer and nothing is repeated; machines that are new to the
 * incident start. Throws if storage is out of reach; then nothing was promised.
 */
export async function accept(
  ports: AcceptPorts,
  settings: AcceptSettings,
  submission: Submission,
): Promise<Acceptance> {
  const choice = chosenFor(settings, submission);
  if (choice.kind !== "parsed") return choice;
  const keyHash = keyHashOf(submission);
  const { machines } = submission.incident;
  // Sequences in intake rows get their place in the line when they are unfolded.
  const isPlanned = machines.length > WRITTEN_AT_ONCE_MAX;
  const [before, last, counts] = await Promise.all([
    keyHash === null ? null : acceptedBefore(ports, keyHash, submission),
    isPlanned ? null : lastPass(ports.ledger),
    ports.countedCommits.prepare(),
  ]);
  if (before !== null) return before;
  const planned = await planFor(ports, settings, submission, { choice: choice.value, counts });
  if (planned.kind !== "planned") return planned;
  const pass = last === null ? null : last + 1;
  const plannedRun = { plan: planned.plan, pass, keyHash };
  return await enqueue(ports, settings, submission, plannedRun);
}

const GUARD_LOST = "Its round has changed meanwhile, so nothing was accepted.";

/** What to run, and what was read for it. */
interface PlannedRun {
  readonly plan: Plan;
  /** Where its place in the line begins; null if its sequences are in intake rows first. */
  readonly pass: number | null;
  readonly keyHash: string | null;
}

async function enqueue(
  ports: AcceptPorts,
  settings: AcceptSettings,
  submission: Submission,
  plannedRun: PlannedRun,
): Promise<Acceptance> {
  const { plan, pass, keyHash } = plannedRun;
  const { toWrite, written } = await writeForTeam(ports, settings, submission, plannedRun);
  const { run, sequences } = toWrite;
  if (written.kind === "overCap") return overCap(ports, submission, written);
  if (written.kind === "setAside") return await uncounted(ports, written.aside);
  if (written.kind === "tooLarge") return tooLarge(written.asked);
  if (written.kind === "tooManyCallbacks") return tooManyCallbacks(run.runId, written);
  if (written.kind === "guardLost") return { kind: "unavailable", detail: GUARD_LOST };
  if (written.kind === "keyTaken") {
    // The same request came twice at once; both get the answer of the other one.
    const before = await acceptedBefore(ports, keyHash ?? "", submission);
    if (before !== null) return before;
    throw new Error("an idempotency key was taken and is gone");
  }
  await ringFor(ports, run.runId, written.added, pass === null);
  if (written.run.callbacks.length > 0) await ringNotices(ports);
  ports.log("info", "accepted", {
    runId: run.runId,
    source: run.source,
    caller: submission.caller,
    team: submission.team,
    added: written.added.length,
    known: sequences.length - written.added.length,
    skipped: plan.skipped.length,
  });
  return answer(written.run, sequences, written.known, plan);
}

/**
 * Writes the run under the id of the first team that sends the incident. If another team was first,
 * this team gets a run of its own.
 */
async function writeForTeam(
  ports: AcceptPorts,
  settings: AcceptSettings,
  submission: Submission,
  plannedRun: PlannedRun,
): Promise<{ toWrite: RunToWrite; written: Exclude<Written, { kind: "ofAnotherTeam" }> }> {
  for (const isFirst of [true, false]) {
    const toWrite = runToWrite(ports, settings, submission, { ...plannedRun, isFirst });
    const written = await writeRun(ports, toWrite);
    if (written.kind !== "ofAnotherTeam") return { toWrite, written };
  }
  throw new Error(`the own run of team ${submission.team} belongs to another team`);
}

/** The rows to write for what was asked for. */
function runToWrite(
  { clock, random }: AcceptPorts,
  { expiryMs, policy, approvalMs }: AcceptSettings,
  submission: Submission,
  { plan, pass, keyHash, isFirst }: PlannedRun & { readonly isFirst: boolean },
): RunToWrite {
  const { caller, objectId, caps } = submission;
  const nowMs = clock.earliest();
  const again = submission.again ? (keyHash ?? random.id()) : null;
  const run = newRun(submission, plan, { again, isFirst }, nowMs);
  const { sweep } = submission;
  const expiresAtMs = sweep?.expiresAtMs ?? nowMs + expiryMs;
  const sequences = plan.sequences.map((each, index) =>
    newSequence(run, each, {
      nowMs,
      pass: (pass ?? 0) + index,
      expiresAtMs,
      sweep: sweep?.by ?? null,
    }),
  );
  const ids = sequences.map((each) => each.sequenceId);
  const detailOf = (added: number) => acceptedDetail(run, plan, added);
  return {
    run,
    sequences,
    isPlanned: pass === null,
    key: keyRowOf(keyHash, submission, run.runId, ids),
    counting: caps === null ? null : { caps, caller },
    policy,
    asking: { by: caller, objectId, untilMs: nowMs + approvalMs },
    guard: sweep?.guard ?? null,
    factOf: (added) =>
      factAbout("accepted", [], { atMs: nowMs, by: caller, detail: detailOf(added) }),
  };
}

function acceptedDetail({ source, incidentId }: RunRecord, plan: Plan, added: number): string {
  const profiles = new Set(
    plan.sequences.map(({ profile }) => `${profile.name}@${profile.version}`),
  );
  const taken = `${added} new of ${plan.sequences.length} sequences`;
  return `${taken}, ${plan.skipped.length} skipped; ${[...profiles].join(", ")}; ${source} ${incidentId}`;
}

async function ringFor(
  { bells }: AcceptPorts,
  runId: string,
  added: readonly SequenceRecord[],
  isPlanned: boolean,
): Promise<void> {
  if (added.length === 0) return;
  const urgent = added.some((each) => each.lane === URGENT_LANE);
  const bell = isPlanned
    ? { why: "planned" as const, sequenceIds: [] }
    : { why: "accepted" as const, sequenceIds: added.map((each) => each.sequenceId) };
  await bells.ringDrain({ ...bell, runId, urgent }, 0);
}
