import type { AuditFacts } from "../evidence/audit.ts";
import { gateAfterEnd } from "../ledger/gate.ts";
import { behindRange, runKey, sequenceIdIn } from "../ledger/keys.ts";
import { park } from "../ledger/moves.ts";
import { owing } from "../ledger/notice.ts";
import {
  freesMachine,
  move,
  type MachineLease,
  type RowChange,
  type Stored,
} from "../ledger/rows.ts";
import { turnNote, withFinished, type RunRecord } from "../ledger/run.ts";
import { isFinished, type SequenceRecord } from "../ledger/sequence.ts";
import { noticesOfEnd } from "../ledger/told.ts";
import type { Ports } from "../ports.ts";
import { auditedRun, factAbout } from "./audit.ts";
import {
  budgetChange,
  loadBudget,
  loadLease,
  loadRun,
  loadSequence,
  readableSequence,
} from "./load.ts";

/**
 * At most so many that waited behind a machine come forward at once; reconciling finds any that are
 * left.
 */
const PROMOTED_MAX = 20;

/** What else goes into the transaction, and what need not be read for it. */
export interface ChangeOptions {
  readonly onRun?: ((run: RunRecord) => RunRecord) | null;
  /** What joins the audit log of the run. */
  readonly facts?: readonly AuditFacts[];
  /** The lease on its machine, if it was read just now; a stale one only makes the commit lose. */
  readonly lease?: Stored<MachineLease> | null;
  /** Its run, on the same terms. */
  readonly run?: Stored<RunRecord>;
  /** True if whoever commits it writes the budget anyway. */
  readonly isWithBudget?: boolean;
}

/** A sequence as it was read, as it should stand, and when that is decided, epoch milliseconds. */
export interface Change {
  readonly before: Stored<SequenceRecord>;
  readonly after: SequenceRecord;
  readonly nowMs: number;
}

/**
 * All rows to write so that `after` stands where `before` stood: its own, those of sequences that
 * waited for its machine, and the run, if this was the end of it or `onRun` changes it; `facts`
 * join the log of the run, and callbacks join the outbox. The budget, too, if the run pauses by it.
 * To be committed in one transaction.
 */
export async function changesFor(
  ports: Pick<Ports, "ledger">,
  { before, after, nowMs }: Change,
  { onRun = null, lease = null, facts = [], ...known }: ChangeOptions = {},
): Promise<RowChange[]> {
  const own = freesMachine(before.value, after)
    ? await freeing(ports, before, after, lease)
    : move(before, after);
  const finished = isFinished(after) && !isFinished(before.value) ? 1 : 0;
  if (finished === 0 && onRun === null && facts.length === 0) return own;
  const run = known.run ?? (await loadRun(ports.ledger, after.runId));
  if (run === null) throw new Error(`run ${after.runId} is gone`);
  if (run.value.open < finished && (await isStale(ports, before))) return own;
  const ended = finished === 0 ? run.value : withEnd(run.value, after, nowMs);
  const audited = auditedRun(ended, [...facts, ...turnFacts(run.value, ended, nowMs)]);
  const body = onRun === null ? audited.run : onRun(audited.run);
  const row: RowChange = { op: "replace", key: runKey(after.runId), body, etag: run.etag };
  const owed = finished === 0 ? [] : owing(noticesOfEnd(body, after.sequenceId, nowMs));
  const rows = [...own, row, ...audited.rows, ...owed, ...turnNote(run.value, body)];
  const isAlone = pauses(run.value, body) && known.isWithBudget !== true;
  return isAlone ? [...rows, await budgetAsItStands(ports.ledger)] : rows;
}

function pauses(before: RunRecord, after: RunRecord): boolean {
  return before.gate?.state !== "paused" && after.gate?.state === "paused";
}

/**
 * A claim reads the budget, then the run, and commits against the budget: written with the pause of
 * a run, it makes every claim lose that did not see the run paused.
 */
async function budgetAsItStands(ledger: Ports["ledger"]): Promise<RowChange> {
  const budget = await loadBudget(ledger);
  return budgetChange(budget, budget.value);
}

/** The run after one sequence of it finished, its gate included. */
function withEnd(run: RunRecord, after: SequenceRecord, nowMs: number): RunRecord {
  const next = withFinished(run, 1, nowMs);
  if (next.gate === null) return next;
  const gate = gateAfterEnd(next.gate, after, next.open, Math.floor(nowMs));
  const turns = next.turns + (gate.state === next.gate.state ? 0 : 1);
  return { ...next, gate, turns };
}

function turnFacts(before: RunRecord, after: RunRecord, nowMs: number): AuditFacts[] {
  const { gate, turns } = after;
  if (turns === before.turns || gate === null || gate.state === "first") return [];
  if (gate.state === "open") return [factAbout("waveEnded", [], { atMs: nowMs })];
  return [factAbout("runPaused", [], { atMs: nowMs, detail: gate.paused?.why ?? "" })];
}

/**
 * True if somebody has written the record since it was read. Other rows may then speak of a later
 * state; a commit guarded by the old ETag loses, and that says it better than an exception.
 */
async function isStale(
  { ledger }: Pick<Ports, "ledger">,
  before: Stored<SequenceRecord>,
): Promise<boolean> {
  const stands = await loadSequence(ledger, before.value.sequenceId);
  return stands?.etag !== before.etag;
}

async function freeing(
  { ledger }: Pick<Ports, "ledger">,
  before: Stored<SequenceRecord>,
  after: SequenceRecord,
  known: Stored<MachineLease> | null,
): Promise<RowChange[]> {
  const isOwn = known?.value.sequenceId === after.sequenceId;
  const lease = isOwn ? known : await loadLease(ledger, after.machineId);
  if (lease === null || lease.value.sequenceId !== after.sequenceId) {
    if (await isStale({ ledger }, before)) return move(before, after, before.etag);
    throw new Error(`${after.sequenceId} holds ${after.machineId}, but the lease is not its own`);
  }
  const own = move(before, after, lease.etag);
  if (!lease.value.waiters) return own;
  const { from, before: until } = behindRange(after.machineId);
  const behind = await ledger.list(from, until, PROMOTED_MAX);
  const waiting = await Promise.all(
    behind.map(async (row) => await readableSequence(ledger, sequenceIdIn(row.key))),
  );
  const forward = waiting
    .filter((each) => each !== null)
    .filter((each) => each.value.place?.kind === "behind")
    .flatMap((each) => move(each, park(each.value, { kind: "ready" }, null)));
  return [...own, ...forward];
}
