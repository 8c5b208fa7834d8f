import type { AuditFacts } from "../evidence/audit.ts";
import { gateAfterEnd } from "../ledger/run/gate.ts";
import { RATE_TOKEN_KEY, behindRange, sequenceIdIn } from "../ledger/row/keys.ts";
import { makeReady } from "../ledger/sequence/moves.ts";
import { owing } from "../ledger/outbox/notice.ts";
import {
  freesMachine,
  move,
  type MachineLease,
  type RowChange,
  type Stored,
} from "../ledger/sequence/rows.ts";
import { withFinished, type RunRecord } from "../ledger/run/run.ts";
import { changesTally, withMoved } from "../ledger/run/tally.ts";
import { isFinished, owesResults, type SequenceRecord } from "../ledger/sequence/sequence.ts";
import { noticesOfEnd, noticesOfPause } from "../ledger/outbox/run-notices.ts";
import type { LedgerReads } from "../ports.ts";
import { factAbout } from "./audit.ts";
import { changeRun } from "./change-run.ts";
import {
  budgetChange,
  loadBudget,
  loadLease,
  loadRun,
  loadSequence,
  readableSequence,
} from "./load.ts";
import { once, tryTransact, type Store, type Transaction } from "./transact.ts";

/**
 * At most this many sequences that waited behind a machine come forward at once; reconcile finds
 * the rest.
 */
const PROMOTED_MAX = 20;

export interface MoveOptions {
  /** The facts for the audit log of the run. */
  readonly facts?: readonly AuditFacts[];
  /** The lease on its machine, if it was read just now; if it is out of date, the commit loses. */
  readonly lease?: Stored<MachineLease> | null;
}

/** A sequence as it was read, its new value, and the time of the decision in epoch milliseconds. */
export interface Change {
  readonly before: Stored<SequenceRecord>;
  readonly after: SequenceRecord;
  readonly nowMs: number;
}

/**
 * Stages `after` in the place of `before`, with its consequences. Sequences that waited for its
 * machine come forward. If the sequence has ended, its run counts it, and callbacks join the
 * outbox. `facts` join the log of the run. If the run pauses itself because of this, the budget is
 * written, too: if the same transaction also changes the budget, stage that first.
 */
export async function moveSequence(
  tx: Transaction,
  { before, after, nowMs }: Change,
  { lease = null, facts = [] }: MoveOptions = {},
): Promise<void> {
  const own = freesMachine(before.value, after)
    ? await freeing(tx, { before, after, nowMs }, lease)
    : move(before, after);
  const finished = isFinished(after) && !isFinished(before.value) ? 1 : 0;
  const isCounted = finished > 0 || changesTally(before.value, after);
  if (!isCounted && facts.length === 0 && !isComplete(before.value, after)) {
    tx.stage(own);
    return;
  }
  const run = await loadRun(tx, after.runId);
  if (run === null) throw new Error(`run ${after.runId} is gone`);
  const isLate = run.value.open < finished && (await isStale(tx, before));
  tx.stage(own);
  if (isLate) return;
  const counted = { ...run.value, tally: withMoved(run.value.tally, before.value, after) };
  const ended = finished === 0 ? counted : withEnd(counted, after, nowMs);
  changeRun(tx, run, ended, [...facts, ...gateFacts(run.value, ended, nowMs)]);
  if (finished > 0) tx.stage(owing(noticesOfEnd(ended, after.sequenceId, nowMs)));
  tx.stage(owing(noticesOfPause(run.value, ended, nowMs)));
  // A claim reads the budget, then the run, and commits against the budget. Because the pause
  // writes the budget, every claim that did not see the pause loses.
  if (pauses(run.value, ended) && !tx.writes(RATE_TOKEN_KEY)) {
    const budget = await loadBudget(tx);
    tx.stage([budgetChange(budget, budget.value)]);
  }
}

/** The same in a separate transaction; false if somebody else wrote at the same time. */
export async function moveOnce(
  store: Store,
  change: Change,
  options: MoveOptions = {},
): Promise<boolean> {
  const moving = await tryTransact(
    store,
    once(change.after.sequenceId),
    async (tx) => await moveSequence(tx, change, options),
  );
  return moving.kind === "done";
}

/** It had finished, was asked for results again, and owes none of them any more. */
function isComplete(before: SequenceRecord, after: SequenceRecord): boolean {
  return isFinished(before) && owesResults(before) && !owesResults(after);
}

function pauses(before: RunRecord, after: RunRecord): boolean {
  return before.gate?.state !== "paused" && after.gate?.state === "paused";
}

/** The run after one sequence of it finished, its gate included. */
function withEnd(run: RunRecord, after: SequenceRecord, nowMs: number): RunRecord {
  const next = withFinished(run, 1, nowMs);
  if (next.gate === null) return next;
  const gate = gateAfterEnd(next.gate, after, next.open, Math.floor(nowMs));
  const turns = next.turns + (gate.state === next.gate.state ? 0 : 1);
  return { ...next, gate, turns };
}

function gateFacts(before: RunRecord, after: RunRecord, nowMs: number): AuditFacts[] {
  const { gate, turns } = after;
  if (turns === before.turns || gate === null || gate.state === "first") return [];
  if (gate.state === "open") return [factAbout("waveEnded", [], { atMs: nowMs })];
  return [factAbout("runPaused", [], { atMs: nowMs, detail: gate.paused?.why ?? "" })];
}

/**
 * True if somebody has written the record since it was read. Other rows may then be of a later
 * state. A commit with the old ETag loses, and that is better than an exception.
 */
async function isStale(ledger: LedgerReads, before: Stored<SequenceRecord>): Promise<boolean> {
  const current = await loadSequence(ledger, before.value.sequenceId);
  return current?.etag !== before.etag;
}

async function freeing(
  ledger: LedgerReads,
  { before, after, nowMs }: Change,
  known: Stored<MachineLease> | null,
): Promise<RowChange[]> {
  const isOwn = known?.value.sequenceId === after.sequenceId;
  const lease = isOwn ? known : await loadLease(ledger, after.machineId);
  if (lease === null || lease.value.sequenceId !== after.sequenceId) {
    if (await isStale(ledger, before)) return move(before, after, before.etag);
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
    .flatMap((each) => move(each, makeReady(each.value, nowMs)));
  return [...own, ...forward];
}
