import { READY, sequenceKey } from "../ledger/keys.ts";
import type { MachineAction } from "../ledger/machine-action.ts";
import { end } from "../ledger/moves.ts";
import type { Stored } from "../ledger/rows.ts";
import { holdsSession, owesResults, type SequenceRecord } from "../ledger/sequence.ts";
import { sameTag, tagIn, tagOf } from "../ledger/tag.ts";
import { freeSessions, releaseSession, type Budget } from "../limits/budget.ts";
import { isAnswerOverdue, judge, type Judgement } from "../limits/judge.ts";
import type { Limits } from "../limits/limits.ts";
import type { Ports } from "../ports.ts";
import { auditedBudget, factOfMove } from "./audit.ts";
import { changesFor } from "./change-sequence.ts";
import { budgetChange, loadBudget, loadSequence } from "./load.ts";
import { countForeign } from "./count-foreign.ts";
import { settleOrphans } from "./settle-orphans.ts";
import { spendRead } from "./spend-read.ts";

type LookPorts = Pick<Ports, "ledger" | "bells" | "defender" | "clock" | "random" | "log">;

export interface LookReport {
  /** True if Defender was asked for its list. */
  readonly listed: boolean;
  /** Sequences whose record changed. */
  readonly moved: number;
}

const NOTHING: LookReport = { listed: false, moved: 0 };
const TRIES = 8;
const JITTER_MS = 200;
/**
 * The list is asked for from this long before our oldest open claim: Defender dates actions by its
 * own clock (seen 0.8 s early).
 */
const LIST_MARGIN_MS = 120_000;
/** Foreign sessions of the last hour are counted, even when ours are all younger. */
const FOREIGN_SPAN_MS = 3_600_000;
/** The poll may use half of the hourly list budget; the rest is for people and for recovery. */
const LIST_SHARE = 0.5;

/**
 * One list call, whatever the number of open sequences; then each of them judged by what it shows.
 * What Defender cannot tell now is asked again next time, and changes nothing.
 */
export async function lookAtActions(
  ports: LookPorts,
  limits: Limits,
  budget: Budget,
): Promise<LookReport> {
  const open = await openSequences(ports, budget);
  const nowMs = ports.clock.earliest();
  const asking = open.filter(
    ({ value }) => value.state !== "claimed" || isAnswerOverdue(value, nowMs, limits),
  );
  // With no session of ours, foreign ones can still fill the tenant: then only a look tells when
  // they are gone.
  const full = freeSessions(budget, nowMs, limits) === 0;
  if (asking.length === 0 && !full) return NOTHING;
  const waiting = await ports.ledger.list(READY.from, READY.before, 1);
  const othersWait = waiting.length > 0;
  if (asking.length === 0 && !othersWait) return NOTHING;
  const intervalMs = full && othersWait ? limits.pollMs / 3 : pollIntervalMs(asking, nowMs, limits);
  const at = { stamp: "polledAtMs", intervalMs } as const;
  if (!(await spendRead(ports, limits, "list", { share: LIST_SHARE, at }))) return NOTHING;

  const oldestMs = Math.min(nowMs, ...asking.map(({ value }) => value.claimedAtMs ?? nowMs));
  const sinceMs = Math.min(oldestMs - LIST_MARGIN_MS, nowMs - FOREIGN_SPAN_MS);
  const reply = await ports.defender.listActions(sinceMs);
  if (reply.kind !== "answered") {
    ports.log("warn", "listFailed", { came: reply.kind });
    return { listed: true, moved: 0 };
  }
  await countForeign(ports, limits, reply.value, sinceMs);
  let moved = await settleOrphans(ports, limits, reply.value, open);
  for (const each of open) {
    const action = actionOf(each.value, reply.value);
    const judgement = judge(each.value, { action, nowMs, othersWait }, limits);
    if (await carryOut(ports, limits, each, judgement)) moved += 1;
  }
  return { listed: true, moved };
}

async function openSequences(
  { ledger }: LookPorts,
  budget: Budget,
): Promise<Stored<SequenceRecord>[]> {
  const loaded = await Promise.all(
    budget.sessions.map(async (each) => await loadSequence(ledger, each.sequenceId)),
  );
  return loaded.filter((each) => each !== null).filter((each) => holdsSession(each.value));
}

/** Slower when all that is open waits for offline machines. */
function pollIntervalMs(
  open: readonly Stored<SequenceRecord>[],
  nowMs: number,
  limits: Limits,
): number {
  const patient = open.every(
    ({ value }) =>
      value.actionStatus === "Pending" &&
      value.cancel === null &&
      nowMs - (value.submittedAtMs ?? nowMs) > limits.patienceMs,
  );
  return patient ? limits.pollMs * 4 : limits.pollMs;
}

/** By its id; or, while the answer to its POST is lost, by its tag. */
function actionOf(record: SequenceRecord, actions: readonly MachineAction[]): MachineAction | null {
  const found =
    record.actionId === null
      ? actions.find((each) => sameTag(tagIn(each.comment), tagOf(record)))
      : actions.find((each) => each.id === record.actionId);
  return found ?? null;
}

async function carryOut(
  ports: LookPorts,
  limits: Limits,
  before: Stored<SequenceRecord>,
  judgement: Judgement,
): Promise<boolean> {
  switch (judgement.kind) {
    case "leave":
      return false;
    case "move":
      return await commitMove(ports, before, judgement.after);
    case "cancel":
      return await cancelAtDefender(ports, limits, before, judgement);
    case "ask":
      return await askAfter(ports, limits, before, judgement.actionId);
  }
}

/** A cancel may be asked for twice without harm, so it is sent first and noted after. */
async function cancelAtDefender(
  ports: LookPorts,
  limits: Limits,
  before: Stored<SequenceRecord>,
  { actionId, after }: Extract<Judgement, { kind: "cancel" }>,
): Promise<boolean> {
  if (!(await spendRead(ports, limits, "cancel"))) return false;
  const { sequenceId } = after;
  const reply = await ports.defender.cancelAction(actionId, `lrq ${after.cancel?.why ?? "asked"}`);
  ports.log("info", "cancelSent", { sequenceId, why: after.cancel?.why ?? null, came: reply.kind });
  if (reply.kind === "throttled" || reply.kind === "unavailable") return false;
  return await commitMove(ports, before, after);
}

/**
 * The list has long not shown it: if Defender does not know it by its id either, it is lost, and
 * said so.
 */
async function askAfter(
  ports: LookPorts,
  limits: Limits,
  before: Stored<SequenceRecord>,
  actionId: string,
): Promise<boolean> {
  if (!(await spendRead(ports, limits, "list"))) return false;
  const nowMs = ports.clock.earliest();
  const reply = await ports.defender.getAction(actionId);
  if (reply.kind === "answered") {
    const look = { action: reply.value, nowMs, othersWait: false };
    return await carryOut(ports, limits, before, judge(before.value, look, limits));
  }
  if (reply.kind !== "absent") return false;
  const detail = `Defender no longer knows the action ${actionId}; what it did is not known.`;
  const after = end(before.value, "failed", { code: "actionLost", detail }, nowMs);
  return await commitMove(ports, before, after);
}

/**
 * Null unless the session did what it was for: one given up on an offline machine is no measure.
 */
function sessionLengthMs(
  before: SequenceRecord,
  after: SequenceRecord,
  nowMs: number,
): number | null {
  const worked =
    after.state === "succeeded" || after.state === "failed" || after.part > before.part;
  return worked && before.submittedAtMs !== null ? nowMs - before.submittedAtMs : null;
}

/**
 * Record, budget, machine, run and the note that results are owed, all in one transaction; then the
 * bell for them.
 */
async function commitMove(
  ports: LookPorts,
  before: Stored<SequenceRecord>,
  after: SequenceRecord,
): Promise<boolean> {
  const nowMs = ports.clock.earliest();
  const ended = !holdsSession(after);
  const fact = factOfMove(before.value, after, nowMs);
  const lengthMs = sessionLengthMs(before.value, after, nowMs);
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const changes = await changesFor(ports, before, after, nowMs);
    if (ended || fact !== null) {
      const budget = await loadBudget(ports.ledger);
      const next = ended ? releaseSession(budget.value, after.sequenceId, lengthMs) : budget.value;
      const audited = auditedBudget(next, fact === null ? [] : [fact]);
      changes.unshift(budgetChange(budget, audited.budget));
      changes.push(...audited.rows);
    }
    const outcome = await ports.ledger.commit(changes);
    // Somebody else has moved it since it was read: their word stands, and the next look sees it.
    if (outcome.kind === "conflict" && outcome.key === sequenceKey(after.sequenceId)) return false;
    if (outcome.kind === "committed") {
      ports.log("info", "moved", { sequenceId: after.sequenceId, state: after.state });
      if (owesResults(after)) await ports.bells.ringCollect(after.sequenceId, 0);
      return true;
    }
    await ports.clock.sleep(ports.random.fraction() * JITTER_MS);
  }
  return false;
}
