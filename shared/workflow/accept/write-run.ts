import type { AuditFacts } from "../../evidence/audit.ts";
import { askedFor, awaiting, type Person } from "../../ledger/approval.ts";
import { gateFor, placed, waveOf, withHeld, type GatePolicy } from "../../ledger/gate.ts";
import { folding } from "../../ledger/intake.ts";
import { intakesOf, isWithin, runKey, sequenceKey } from "../../ledger/keys.ts";
import { owing, withTargets } from "../../ledger/notice.ts";
import {
  CHANGES_MAX,
  CHARACTERS_MAX,
  charactersOf,
  insertion,
  type RowChange,
  type Stored,
} from "../../ledger/rows.ts";
import { withSequences, type RunRecord } from "../../ledger/run.ts";
import type { SequenceRecord } from "../../ledger/sequence.ts";
import { noticesOfWriting } from "../../ledger/told.ts";
import type { OverCap } from "../../limits/caps.ts";
import type { Ledger, Ports } from "../../ports.ts";
import { auditedRun } from "../../store/audit.ts";
import { Contended } from "../../store/contended.ts";
import type { CountedCommits, CountedOutcome } from "./counted-commits.ts";
import type { NewMachines } from "./daily-counts.ts";
import { loadRun } from "../../store/load.ts";
import { listSequences } from "../../store/list-sequences.ts";
import { turnGatesOf } from "../../store/turn-gates.ts";

/** What is to stand in the ledger. */
export interface Wish {
  readonly run: RunRecord;
  readonly sequences: readonly SequenceRecord[];
  /** True if those that are new shall stand in intake rows; false if they get rows of their own. */
  readonly isPlanned: boolean;
  readonly key: { readonly key: string; readonly body: unknown } | null;
  /** Whom the machines are counted for, and against which caps; null counts nothing. */
  readonly counting: Pick<NewMachines, "caps" | "caller"> | null;
  /** How its sequences are let go; null lets all of them. */
  readonly policy: GatePolicy | null;
  /** Who asks, and until when what needs an approval waits for it. */
  readonly asking: Person & { readonly untilMs: number };
  /** For the log of the run, once, with the first rows; told how many sequences are new. */
  readonly factOf: (added: number) => AuditFacts;
}

export type Written =
  | {
      readonly kind: "written";
      readonly run: RunRecord;
      /** Sequences that were not there before. */
      readonly added: readonly SequenceRecord[];
      /** All that were, by id. */
      readonly known: ReadonlyMap<string, SequenceRecord>;
    }
  | { readonly kind: "keyTaken" }
  /** More than one transaction takes; nothing was written. */
  | { readonly kind: "tooLarge"; readonly asked: number }
  /** Nothing was written. */
  | ({ readonly kind: "overCap" } & OverCap);

/** Each try but the last was lost to another writer of the same run, of whom there are few. */
const TRIES = 60;
const JITTER_MS = 200;
const JITTER_GROWTH_MAX = 5;

type WritePorts = Pick<Ports, "ledger" | "clock" | "random" | "log"> & {
  readonly countedCommits: CountedCommits;
};

/** What was found in the ledger when it was last looked at. */
interface Found {
  readonly stored: Stored<RunRecord> | null;
  readonly isLookedAt: boolean;
  /** Those of the wished sequences that are not there. */
  readonly missing: readonly SequenceRecord[];
  readonly known: ReadonlyMap<string, SequenceRecord>;
}

/**
 * Writes the run and those of its sequences that are new, in one transaction: an incident is there
 * whole or not at all. They are counted with it, so that none is written beyond a cap.
 */
export async function writeRun(ports: WritePorts, wish: Wish): Promise<Written> {
  const { runId } = wish.run;
  // Most incidents are new, so that is what is tried before anything is read.
  let found: Found = {
    stored: null,
    isLookedAt: false,
    missing: wish.sequences,
    known: new Map(),
  };
  for (let lost = 0; lost < TRIES; lost += 1) {
    const growth = Math.min(lost - 1, JITTER_GROWTH_MAX);
    if (lost > 1) await ports.clock.sleep(ports.random.fraction() * JITTER_MS * growth);
    const came = await commitAll(ports, wish, found);
    // What is too much may long be in the ledger, so that is looked at before it is said.
    const isRefusal = came.kind === "overCap" || came.kind === "tooLarge";
    if (came.kind !== "lost" && (found.isLookedAt || !isRefusal)) return came;
    found = await lookedAt(ports.ledger, runId, wish);
    if (losesGrant(found) && (await turnGatesOf(ports, runId)) > 0) {
      found = await lookedAt(ports.ledger, runId, wish);
    }
  }
  throw new Contended(`run ${runId} could not be written: others kept writing it`);
}

async function commitAll(
  ports: WritePorts,
  { run, isPlanned, key, factOf, policy, asking, counting }: Wish,
  found: Found,
): Promise<Written | { readonly kind: "lost" }> {
  const { stored, known } = found;
  const stands: RunRecord | null = stored?.value ?? null;
  const { gate, sequences } = inWaves(found, policy);
  const approval = approvalOf(found, asking);
  const added = sequences.map((each) => placed(each, { gate, approval }));
  const callbacks = withTargets(stands?.callbacks ?? [], run.callbacks);
  const isJoined = callbacks.length > (stands?.callbacks.length ?? 0);
  if (stored !== null && added.length === 0 && key === null && !isJoined) {
    return { kind: "written", run: stored.value, added, known };
  }
  const before = stands ?? run;
  const grown = {
    ...withSequences(before, added.length),
    callbacks,
    gate: withHeld(gate, added),
    approval,
  };
  const { run: body, rows } = auditedRun(grown, [factOf(added.length)]);
  const nowMs = ports.clock.earliest();
  const changes: RowChange[] = [
    written(runKey(run.runId), stored, body),
    ...(key === null ? [] : [{ op: "insert", ...key } satisfies RowChange]),
    ...(isPlanned
      ? folding(run.runId, before.accepted, added, nowMs)
      : added.flatMap((each) => insertion(each))),
    ...rows,
    ...owing(noticesOfWriting(stands, body, nowMs)),
  ];
  if (!fits(changes)) return { kind: "tooLarge", asked: added.length };
  const machines =
    counting === null || added.length === 0
      ? null
      : { ...counting, ofIncident: before.accepted, asked: added.length };
  const outcome = await committed(ports, changes, machines);
  if (outcome.kind === "committed") return { kind: "written", run: body, added, known };
  if (outcome.kind === "overCap") return outcome;
  return { kind: key !== null && outcome.key === key.key ? "keyTaken" : "lost" };
}

async function committed(
  { ledger, countedCommits }: WritePorts,
  changes: readonly RowChange[],
  machines: NewMachines | null,
): Promise<CountedOutcome> {
  if (machines === null) return await ledger.commit(changes);
  return await countedCommits.commit({ changes, machines });
}

/** There is room for the counts of the day, too. */
function fits(changes: readonly RowChange[]): boolean {
  return changes.length < CHANGES_MAX && charactersOf(changes) <= CHARACTERS_MAX;
}

/** Settles which of the new sequences wait for a first wave. */
function inWaves(
  { stored, missing }: Found,
  policy: GatePolicy | null,
): { gate: RunRecord["gate"]; sequences: readonly SequenceRecord[] } {
  const { gate, free } = gateFor(stored?.value.gate ?? null, missing.length, policy);
  const sequences = missing.map((each, index) => ({ ...each, wave: waveOf(gate, index < free) }));
  return { gate, sequences };
}

/** New sequences that need an approval make all that waits for one another plan. */
function approvalOf(
  { stored, missing }: Found,
  { by, objectId, untilMs }: Wish["asking"],
): RunRecord["approval"] {
  const stands = stored?.value.approval ?? null;
  const needed = Math.max(0, ...missing.map(({ approvals }) => approvals.needed));
  return needed === 0 ? stands : askedFor(stands, needed, { by, objectId }, untilMs);
}

/**
 * What was approved and has not been moved yet would have to be approved anew, for what joins makes
 * another plan of all that waits: so it is moved first.
 */
function losesGrant({ stored, missing, known }: Found): boolean {
  const isGranted = (stored?.value.approval?.granted ?? null) !== null;
  const isAskedAnew = missing.some(({ approvals }) => approvals.needed > 0);
  return isGranted && isAskedAnew && awaiting([...known.values()]).length > 0;
}

/** What stands by now: the run, and which of the sequences somebody else has written. */
async function lookedAt(ledger: Ledger, runId: string, { sequences }: Wish): Promise<Found> {
  const stored = await loadRun(ledger, runId);
  const all =
    stored === null ? { records: [], setAside: [] } : await listSequences(ledger, stored.value);
  const known = new Map(all.records.map((each) => [each.sequenceId, each]));
  // A row that is set aside is there; which sequences an intake row holds, nobody can tell.
  const unreadable = all.setAside.find(({ key }) => isWithin(key, intakesOf(runId)));
  if (unreadable !== undefined) throw unreadable;
  const there = new Set(all.setAside.map(({ key }) => key));
  const missing = sequences.filter(
    ({ sequenceId }) => !known.has(sequenceId) && !there.has(sequenceKey(sequenceId)),
  );
  return { stored, isLookedAt: true, missing, known };
}

function written(key: string, stored: Stored<RunRecord> | null, body: RunRecord): RowChange {
  return stored === null
    ? { op: "insert", key, body }
    : { op: "replace", key, body, etag: stored.etag };
}
