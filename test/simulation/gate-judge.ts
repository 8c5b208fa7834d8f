import type { GatePolicy } from "../../shared/ledger/run/gate.ts";
import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import { markOf } from "./door-judge.ts";
import { recordsIn } from "./intake-judge.ts";
import type { Court } from "./invariants.ts";

/**
 * Keeps, of every run, who of it is open and what its gate should say, counted here from the
 * records that are committed, and compares that with what the run says of itself.
 */
export interface GateJudge {
  committed(changes: readonly RowChange[]): void;
  /** A POST leaves a host. */
  leaves(comment: string): void;
  /** Somebody asks, now or from now on, that the run goes on. */
  resumeAsked(runId: string): void;
  /** True while the run's gate should be paused. */
  isPaused(runId: string): boolean;
  /** Looks at what must not stay held; to be called every minute or so. */
  patrol(healedAtMs: number): void;
  /** Notes of gates whose sequences are still to be moved. */
  readonly openings: ReadonlySet<string>;
}

interface Gate {
  readonly state: "first" | "open" | "paused";
  readonly wave: number;
  readonly done: number;
  readonly failed: number;
}

interface Known {
  readonly members: Map<string, SequenceRecord>;
  /** Those that wait for the gate and for nothing else, by their own word. */
  readonly gated: Map<string, SequenceRecord>;
  gate: Gate | null;
  changedAtMs: number;
}

/** What a run's row says, as far as it is judged here. */
interface Said {
  readonly accepted: number;
  readonly open: number;
  readonly gate: (Gate & { readonly held: number }) | null;
}

/** docs/settings.md, first waves: five ends are enough to judge by. */
const JUDGED_FROM = 5;
const OVER = new Set(["succeeded", "failed", "timedOut", "cancelled", "expired", "refused"]);

const GATED = new Set(["canary", "runPaused"]);
/** A host that dies, or stands still, while it moves them is followed by the next poll. */
const MOVED_WITHIN_MS = 660_000;

export function createGateJudge(
  court: Court,
  policy: GatePolicy | null,
  nowMs: () => number,
): GateJudge {
  const runs = new Map<string, Known>();
  const asked = new Set<string>();
  const openings = new Set<string>();
  const knownOf = (runId: string): Known => {
    const known: Known = runs.get(runId) ?? {
      members: new Map(),
      gated: new Map(),
      gate: null,
      changedAtMs: 0,
    };
    runs.set(runId, known);
    return known;
  };
  return {
    openings,
    patrol: (healedAtMs) => {
      for (const { gate, gated, changedAtMs } of runs.values()) {
        if (gate?.state !== "open") continue;
        if (nowMs() < Math.max(changedAtMs, healedAtMs) + MOVED_WITHIN_MS) continue;
        for (const id of gated.keys()) court.fail("gate", `${id} is long held by an open gate`);
      }
    },
    isPaused: (runId) => runs.get(runId)?.gate?.state === "paused",
    resumeAsked: (runId) => void asked.add(runId),
    leaves: (comment) => {
      const mark = markOf(comment);
      const known = runs.get(mark?.sequenceId.split(".")[0] ?? "");
      const record = known?.members.get(mark?.sequenceId ?? "");
      if (known === undefined || record === undefined || mark?.part !== 0) return;
      if (isOfWave(known.gate, record)) court.fail("wave", `${comment} left before its wave`);
    },
    committed: (changes) => {
      const records = changes.flatMap(recordsOf);
      const moved = new Set(records.map(({ runId }) => runId));
      for (const { key, op } of changes.filter((each) => each.key.startsWith("opening!"))) {
        moved.add(key.split("!")[1] ?? "");
        if (op === "delete") openings.delete(key);
        else openings.add(key);
      }
      const joined = new Map<string, SequenceRecord[]>();
      for (const record of records) {
        if (knownOf(record.runId).members.has(record.sequenceId)) continue;
        joined.set(record.runId, [...(joined.get(record.runId) ?? []), record]);
      }
      for (const [runId, own] of joined) join(court, policy, knownOf(runId), own);
      const touched = new Set(joined.keys());
      for (const record of records) {
        const known = knownOf(record.runId);
        const before = known.members.get(record.sequenceId);
        checkClaim(court, known.gate, before, record);
        known.members.set(record.sequenceId, record);
        if (GATED.has(record.reason?.code ?? "")) known.gated.set(record.sequenceId, record);
        else known.gated.delete(record.sequenceId);
        if (!isOver(record) || before === undefined || isOver(before)) continue;
        touched.add(record.runId);
        const isGated = policy !== null && record.sweep === null;
        const gate = isGated ? afterEnd(known, record, policy) : null;
        if (gate?.state !== known.gate?.state) known.changedAtMs = nowMs();
        known.gate = gate;
      }
      for (const [runId, said] of changes.flatMap(saidIn)) {
        const known = knownOf(runId);
        const isResumed = known.gate?.state !== "open" && said.gate?.state === "open";
        if (isResumed && !touched.has(runId) && asked.has(runId) && known.gate !== null) {
          known.gate = { ...known.gate, state: "open", done: 0, failed: 0 };
          known.changedAtMs = nowMs();
        }
        touched.delete(runId);
        compare(court, runId, known, said);
      }
      for (const runId of touched) court.fail("gate", `run ${runId} was not told of a change`);
      for (const runId of moved) {
        const isNoted = [...openings].some((key) => key.startsWith(`opening!${runId}!`));
        if (!isNoted) checkGated(court, knownOf(runId));
      }
    },
  };
}

/** More than `above` at once begin with a first wave, if no other wave is under way. */
function join(
  court: Court,
  policy: GatePolicy | null,
  known: Known,
  joined: readonly SequenceRecord[],
): void {
  let waiting = 0;
  // A sweep has a first wave of its own, for all its batches, so its runs have no gate.
  const isGated = policy !== null && joined.every(({ sweep }) => sweep === null);
  if (isGated) {
    known.gate ??= { state: "open", wave: 0, done: 0, failed: 0 };
    if (known.gate.state === "first") waiting = joined.length;
    if (known.gate.state === "open" && joined.length > policy.above) {
      known.gate = { state: "first", wave: known.gate.wave + 1, done: 0, failed: 0 };
      waiting = joined.length - policy.first;
    }
  }
  for (const record of joined) known.members.set(record.sequenceId, record);
  const gated = joined.filter((each) => isOfWave(known.gate, each)).length;
  if (gated !== waiting) {
    court.fail(
      "gate",
      `of ${joined.length} new ones ${gated} wait for a first wave, not ${waiting}`,
    );
  }
}

/** Where no change is noted, no sequence waits for a gate that lets it go. */
function checkGated(court: Court, { gate, gated }: Known): void {
  if (gate?.state === "paused") return;
  for (const each of gated.values()) {
    if (!isOfWave(gate, each)) court.fail("gate", `${each.sequenceId} is held by no gate`);
  }
}

function checkClaim(
  court: Court,
  gate: Gate | null,
  before: SequenceRecord | undefined,
  after: SequenceRecord,
): void {
  if (before?.state !== "waiting" || after.state !== "claimed" || after.part > 0) return;
  if (gate?.state === "paused") court.fail("runPaused", `${after.sequenceId} is claimed`);
  if (isOfWave(gate, after)) court.fail("wave", `${after.sequenceId} is claimed before its wave`);
}

function afterEnd(
  { gate, members }: Known,
  ended: SequenceRecord,
  policy: GatePolicy,
): Gate | null {
  if (gate === null) return null;
  const verdict = verdictOf(ended);
  const done = gate.done + (verdict === null ? 0 : 1);
  const failed = gate.failed + (verdict === "failed" ? 1 : 0);
  const open = [...members.values()].filter((each) => !isOver(each));
  const tooMany = failed > done * policy.maxFailedShare;
  let { state } = gate;
  if (open.length > 0 && state === "first" && open.every((each) => isOfWave(gate, each))) {
    state = done === 0 || tooMany ? "paused" : "open";
  } else if (open.length > 0 && state === "open" && done >= JUDGED_FROM && tooMany) {
    state = "paused";
  }
  return { ...gate, state, done, failed };
}

/** The scripts of the simulated tenant say nothing of how they ended. */
function verdictOf({ state, outcome }: SequenceRecord): "failed" | "succeeded" | null {
  if (state === "succeeded") return state;
  if (state === "failed" || state === "timedOut") return "failed";
  const isNeverSent = outcome?.code === "otherMachine" || outcome?.code === "outOfScope";
  return state === "refused" && !isNeverSent ? "failed" : null;
}

function compare(court: Court, runId: string, { members, gate }: Known, said: Said): void {
  const open = [...members.values()].filter((each) => !isOver(each));
  const held = open.filter((each) => isOfWave(gate, each)).length;
  const wanted = {
    accepted: members.size,
    open: open.length,
    gate: gate === null ? null : { ...gate, held },
  };
  const own = { accepted: said.accepted, open: said.open, gate: said.gate };
  if (JSON.stringify(sorted(own)) === JSON.stringify(sorted(wanted))) return;
  court.fail("gate", `run ${runId} says ${JSON.stringify(own)}, not ${JSON.stringify(wanted)}`);
}

function sorted({ accepted, open, gate }: Said): unknown[] {
  return [accepted, open, gate?.state, gate?.wave, gate?.done, gate?.failed, gate?.held];
}

function isOfWave(gate: Gate | null, { wave }: SequenceRecord): boolean {
  return gate?.state === "first" && wave !== null && wave > 0 && wave === gate.wave;
}

function isOver({ state, results }: SequenceRecord): boolean {
  return OVER.has(state) && results.every((each) => each.state !== "owed");
}

// What the workflows write under these keys are runs and records; other judges look at the rest.
function recordsOf(change: RowChange): SequenceRecord[] {
  if (change.op === "delete") return [];
  if (change.key.startsWith("intake!")) return recordsIn(change.body);
  if (!change.key.startsWith("sequence!")) return [];
  return [Object.assign(Object({}), change.body)];
}

function saidIn(change: RowChange): [string, Said][] {
  if (change.op === "delete" || !change.key.startsWith("run!")) return [];
  return [[change.key.slice("run!".length), Object.assign(Object({}), change.body)]];
}
