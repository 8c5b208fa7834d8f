import type { AuditFacts } from "../evidence/audit.ts";
import { askedFor, type Person } from "../ledger/approval.ts";
import { gateFor, placed, waveOf, withHeld, type GatePolicy } from "../ledger/gate.ts";
import { runKey } from "../ledger/keys.ts";
import { owing, withTargets } from "../ledger/notice.ts";
import { insertion, type RowChange, type Stored } from "../ledger/rows.ts";
import { withSequences, type RunRecord } from "../ledger/run.ts";
import type { SequenceRecord } from "../ledger/sequence.ts";
import { noticesOfWriting } from "../ledger/told.ts";
import type { OverCap } from "../limits/caps.ts";
import type { Ledger, Ports } from "../ports.ts";
import { auditedRun } from "./audit.ts";
import { countMachines, type Count, type Counting } from "./count-machines.ts";
import { loadRun } from "./load.ts";
import { listSequences } from "./list-sequences.ts";

/** What is to stand in the ledger. */
export interface Wish {
  readonly run: RunRecord;
  readonly sequences: readonly SequenceRecord[];
  readonly key: { readonly key: string; readonly body: unknown } | null;
  /** Whom the machines are counted for; null counts nothing. */
  readonly counting: Counting | null;
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
  /** Nothing was written. */
  | ({ readonly kind: "overCap" } & OverCap);

/**
 * Two rows a sequence, one each for the run, the key and the log, two counts, and up to ten
 * callbacks: under the hundred of a transaction (Table service).
 */
const SEQUENCES_PER_COMMIT = 42;
/**
 * Each try but the last was lost to another writer: of the same run, of which there are few, or of
 * the counts of the day, which all requests write.
 */
const TRIES = 60;
const JITTER_MS = 200;
const JITTER_GROWTH_MAX = 5;

/** How far the writing is, and what was found in the ledger when it was last looked at. */
interface Progress {
  readonly stored: Stored<RunRecord> | null;
  readonly isLookedAt: boolean;
  /** All there are to be, with the waves they wait for once that is settled. */
  readonly sequences: readonly SequenceRecord[];
  readonly remaining: readonly SequenceRecord[];
  readonly added: readonly SequenceRecord[];
  readonly known: ReadonlyMap<string, SequenceRecord>;
  /** The key, the record in the log and the counts are in. */
  readonly hasBegun: boolean;
}

/**
 * Writes the run and those of its sequences that are new, up to 42 in a transaction; a small
 * incident is there whole or not at all. A big one that is cut off is told by `accepted < planned`,
 * and sending it again completes it. All new machines are counted with the first of them, so that
 * none is written beyond a cap; those of a big incident that was cut off are counted again.
 */
export async function writeRun(
  ports: Pick<Ports, "ledger" | "clock" | "random">,
  wish: Wish,
): Promise<Written> {
  let progress: Progress = {
    stored: null,
    isLookedAt: false,
    sequences: wish.sequences,
    remaining: wish.sequences,
    added: [],
    known: new Map(),
    hasBegun: false,
  };
  for (let lost = 0; lost < TRIES;) {
    const count = await counted(ports, wish, progress);
    if (count.kind === "overCap") {
      if (progress.isLookedAt) return count;
      // What it counted may long be in the ledger.
      progress = await lookedAt(ports.ledger, wish.run.runId, progress);
      continue;
    }
    const step = await commitNext(ports, wish, progress, count.rows);
    if (step.kind === "keyTaken") return step;
    if (step.kind === "written") {
      const { added, known, stored } = step.progress;
      if (step.isOver && stored !== null) {
        return { kind: "written", run: stored.value, added, known };
      }
      progress = step.progress;
      continue;
    }
    lost += 1;
    const growth = Math.min(lost - 1, JITTER_GROWTH_MAX);
    if (lost > 1) await ports.clock.sleep(ports.random.fraction() * JITTER_MS * growth);
    progress = await lookedAt(ports.ledger, wish.run.runId, progress);
  }
  throw new Error(`run ${wish.run.runId} could not be written: others kept writing it`);
}

async function counted(
  { ledger, clock }: Pick<Ports, "ledger" | "clock">,
  { counting }: Wish,
  { hasBegun, remaining, stored }: Progress,
): Promise<Count> {
  if (counting === null || hasBegun || remaining.length === 0) return { kind: "counted", rows: [] };
  const asked = { ofIncident: stored?.value.accepted ?? 0, asked: remaining.length };
  return await countMachines(ledger, counting, asked, clock.earliest());
}

type Step =
  | { readonly kind: "written"; readonly progress: Progress; readonly isOver: boolean }
  | { readonly kind: "keyTaken" }
  | { readonly kind: "lost" };

async function commitNext(
  { ledger, clock }: Pick<Ports, "ledger" | "clock">,
  { run, key, factOf, policy, asking }: Wish,
  before: Progress,
  counts: readonly RowChange[],
): Promise<Step> {
  const { gate, progress } = before.hasBegun
    ? { gate: before.stored?.value.gate ?? null, progress: before }
    : inWaves(before, policy);
  const approval = before.hasBegun
    ? (before.stored?.value.approval ?? null)
    : approvalOf(before, asking);
  const { stored, remaining, hasBegun } = progress;
  const chunk = remaining
    .slice(0, SEQUENCES_PER_COMMIT)
    .map((each) => placed(each, gate, approval?.expiresAtMs));
  const stands: RunRecord | null = stored?.value ?? null;
  const callbacks = withTargets(stands?.callbacks ?? [], run.callbacks);
  const grown = {
    ...withSequences(stands ?? run, chunk.length, remaining.length),
    callbacks,
    gate: withHeld(gate, chunk),
    approval,
  };
  const isJoined = callbacks.length > (stands?.callbacks.length ?? 0);
  const keyRow = hasBegun ? null : key;
  if (stored !== null && chunk.length === 0 && keyRow === null && !isJoined) {
    return { kind: "written", progress, isOver: true };
  }
  const { run: body, rows } = auditedRun(grown, hasBegun ? [] : [factOf(remaining.length)]);
  const outcome = await ledger.commit([
    written(runKey(run.runId), stored, body),
    ...(keyRow === null ? [] : [{ op: "insert", ...keyRow } satisfies RowChange]),
    ...chunk.flatMap((each) => insertion(each)),
    ...rows,
    ...owing(noticesOfWriting(stands, body, clock.earliest())),
    ...counts,
  ]);
  if (outcome.kind === "conflict") {
    const isTaken = keyRow !== null && outcome.key === keyRow.key;
    return isTaken ? { kind: "keyTaken" } : { kind: "lost" };
  }
  const next: Progress = {
    ...progress,
    stored: { value: body, etag: outcome.etags.get(runKey(run.runId)) ?? "" },
    remaining: remaining.slice(chunk.length),
    added: [...progress.added, ...chunk],
    hasBegun: true,
  };
  return { kind: "written", progress: next, isOver: next.remaining.length === 0 };
}

/** Settles, with the first rows, which of the new sequences wait for a first wave. */
function inWaves(
  progress: Progress,
  policy: GatePolicy | null,
): { gate: RunRecord["gate"]; progress: Progress } {
  const { stored, sequences, remaining } = progress;
  const { gate, free } = gateFor(stored?.value.gate ?? null, remaining.length, policy);
  const waves = new Map(
    remaining.map((each, index) => [each.sequenceId, waveOf(gate, index < free)]),
  );
  const inWave = (each: SequenceRecord) => ({ ...each, wave: waves.get(each.sequenceId) ?? null });
  const next = { sequences: sequences.map(inWave), remaining: remaining.map(inWave) };
  return { gate, progress: { ...progress, ...next } };
}

/** New sequences that need an approval make all that waits for one another plan. */
function approvalOf(
  { stored, remaining }: Progress,
  { by, objectId, untilMs }: Wish["asking"],
): RunRecord["approval"] {
  const stands = stored?.value.approval ?? null;
  const needed = Math.max(0, ...remaining.map(({ approvals }) => approvals.needed));
  return needed === 0 ? stands : askedFor(stands, needed, { by, objectId }, untilMs);
}

/** What stands by now: the run, and which of the sequences somebody else has written. */
async function lookedAt(ledger: Ledger, runId: string, progress: Progress): Promise<Progress> {
  const stored = await loadRun(ledger, runId);
  const all = new Map((await listSequences(ledger, runId)).map((each) => [each.sequenceId, each]));
  const mine = new Set(progress.added.map((each) => each.sequenceId));
  return {
    ...progress,
    stored,
    isLookedAt: true,
    remaining: progress.sequences.filter((each) => !all.has(each.sequenceId)),
    known: new Map([...all].filter(([sequenceId]) => !mine.has(sequenceId))),
  };
}

function written(key: string, stored: Stored<RunRecord> | null, body: RunRecord): RowChange {
  return stored === null
    ? { op: "insert", key, body }
    : { op: "replace", key, body, etag: stored.etag };
}
