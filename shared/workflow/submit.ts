import type { AuditFacts } from "../evidence/audit.ts";
import { end, giveBack, loseAnswer, submit } from "../ledger/moves.ts";
import { freesMachine, type RowChange, type Stored } from "../ledger/rows.ts";
import { currentCommands, type SequenceRecord } from "../ledger/sequence.ts";
import { lockedOut, type SubmissionAnswer } from "../ledger/submission.ts";
import { commentFor, sameTag, tagIn, tagOf } from "../ledger/tag.ts";
import {
  openDoor,
  releaseSession,
  stamp,
  throttled,
  tidied,
  unreserve,
  type Budget,
} from "../limits/budget.ts";
import { busyWaitMs, type Limits } from "../limits/limits.ts";
import type { Ports } from "../ports.ts";
import { auditedBudget, factOfMove, grouped } from "./audit.ts";
import { changesFor } from "./change-sequence.ts";
import type { Claimed } from "./claim.ts";
import { budgetChange, loadBudget, loadSequence, type MaybeStored } from "./load.ts";

export type SubmitPorts = Pick<Ports, "ledger" | "defender" | "clock" | "random" | "log">;

const TRIES = 12;
const JITTER_MS = 200;

/**
 * A claimed sequence, what its POST came to, and the latest time that can have been when the answer
 * was in.
 */
interface Answered {
  readonly claimed: Stored<SequenceRecord>;
  readonly answer: SubmissionAnswer;
  readonly latestMs: number;
}

/** What the POSTs came to: how many Defender took, and whether it refused us. */
export interface Submitted {
  readonly accepted: number;
  readonly lockedOut: boolean;
}

/**
 * Posts what was claimed, all at once, and records the answers. Throws only if storage is out of
 * reach.
 */
export async function submitClaimed(
  ports: SubmitPorts,
  limits: Limits,
  claimed: Extract<Claimed, { kind: "claimed" }>,
): Promise<Submitted> {
  const answered = await Promise.all(
    claimed.sequences.map(async (each): Promise<Answered> => {
      const answer = await post(ports, limits, each.value, claimed.begunAtMs);
      return { claimed: each, answer, latestMs: ports.clock.latest() };
    }),
  );
  await settle(ports, limits, answered, claimed.budget);
  const came = answered.map((each) => each.answer.kind);
  return {
    accepted: came.filter((kind) => kind === "accepted").length,
    lockedOut: answered.some((each) => lockedOut(each.answer) !== null),
  };
}

/**
 * One POST, unless the fence has closed: after a long stall the claim may already be given up, or
 * the queue paused.
 */
async function post(
  { defender, clock, log }: SubmitPorts,
  limits: Limits,
  record: SequenceRecord,
  begunAtMs: number,
): Promise<SubmissionAnswer> {
  const sinceMs = clock.monotonicMs() - begunAtMs;
  const { sequenceId, machineId } = record;
  if (sinceMs > limits.sendFenceMs) {
    log("warn", "notSent", { sequenceId, sinceMs: Math.round(sinceMs) });
    return { kind: "notSent", detail: `${Math.round(sinceMs)} ms passed since the claim` };
  }
  const forPeople = `${record.profile.name}@${record.profile.version} for run ${record.runId}`;
  const comment = commentFor(tagOf(record), forPeople);
  const answer = await defender.submit(machineId, currentCommands(record), comment);
  log("info", "submitted", { sequenceId, machineId, attempt: record.attempt, came: answer.kind });
  return answer;
}

/**
 * Records the answers. Those that keep their machine share one transaction. One that gives it up
 * has its own: it may end its run, whose row two of them cannot both write, and it brings those
 * behind it forward, more rows than ten of them can share (100 a transaction, Table service).
 */
async function settle(
  ports: SubmitPorts,
  limits: Limits,
  answered: readonly Answered[],
  claimedBudget: MaybeStored<Budget>,
): Promise<void> {
  const frees = (each: Answered) => freesMachine(each.claimed.value, recordAfter(each, limits));
  const keeping = answered.filter((each) => !frees(each));
  const freeing = answered.filter(frees).map((each) => [each]);
  let budget: MaybeStored<Budget> | null = claimedBudget;
  for (const together of keeping.length > 0 ? [keeping, ...freeing] : freeing) {
    await settleTogether(ports, limits, together, budget ?? (await loadBudget(ports.ledger)));
    budget = null;
  }
}

/** One transaction; a lost race means doing it again on what stands now. */
async function settleTogether(
  ports: SubmitPorts,
  limits: Limits,
  answered: readonly Answered[],
  firstBudget: MaybeStored<Budget>,
): Promise<void> {
  let budget = firstBudget;
  let current: readonly (Answered | Stale)[] = answered;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const outcome = await ports.ledger.commit(await settling(ports, limits, budget, current));
    if (outcome.kind === "committed") return;
    await ports.clock.sleep(ports.random.fraction() * JITTER_MS);
    budget = await loadBudget(ports.ledger);
    current = await Promise.all(answered.map(async (each) => await reload(ports, each)));
  }
  // The claims stay as they are: the poll finds them past their time, and looks for their actions.
  ports.log("error", "settleGaveUp", { sequences: answered.length });
}

async function settling(
  ports: SubmitPorts,
  limits: Limits,
  budget: MaybeStored<Budget>,
  current: readonly (Answered | Stale)[],
): Promise<RowChange[]> {
  let next = tidied(budget.value, ports.clock.earliest(), limits);
  const changes: RowChange[] = [];
  const facts: (AuditFacts | null)[] = [];
  for (const each of current) {
    if ("stale" in each) {
      next = stamp(next, each.stale, each.latestMs, each.reservedAtMs);
      continue;
    }
    next = budgetAfter(next, each, limits);
    const after = recordAfter(each, limits);
    changes.push(...(await changesFor(ports, each.claimed, after, each.latestMs)));
    facts.push(factOfMove(each.claimed.value, after, each.latestMs));
  }
  const audited = auditedBudget(next, grouped(facts));
  return [budgetChange(budget, audited.budget), ...changes, ...audited.rows];
}

/**
 * A claim that somebody resolved meanwhile from what Defender lists: their word stands, only the
 * slot is ours.
 */
interface Stale {
  readonly stale: string;
  readonly latestMs: number;
  readonly reservedAtMs: number | null;
}

async function reload(ports: SubmitPorts, answered: Answered): Promise<Answered | Stale> {
  const { sequenceId, part, attempt, claimedAtMs } = answered.claimed.value;
  const stored = await loadSequence(ports.ledger, sequenceId);
  const same =
    stored?.value.state === "claimed" &&
    stored.value.part === part &&
    stored.value.attempt === attempt;
  return same
    ? { ...answered, claimed: stored }
    : { stale: sequenceId, latestMs: answered.latestMs, reservedAtMs: claimedAtMs };
}

function budgetAfter(
  budget: Budget,
  { claimed, answer, latestMs }: Answered,
  limits: Limits,
): Budget {
  // The slot was reserved in the very transaction that wrote the claim.
  const { sequenceId, claimedAtMs } = claimed.value;
  if (answer.kind === "notSent") {
    return releaseSession(unreserve(budget, sequenceId, claimedAtMs), sequenceId, null);
  }
  const counted = stamp(budget, sequenceId, latestMs, claimedAtMs);
  switch (answer.kind) {
    case "accepted":
      return isOurs(answer.comment, claimed.value)
        ? openDoor(counted, latestMs)
        : openDoor(releaseSession(counted, sequenceId, null), latestMs);
    case "throttled": {
      const { retryAfterMs } = answer;
      const closed = throttled(counted, sequenceId, { retryAfterMs, latestMs }, limits);
      return releaseSession(closed, sequenceId, null);
    }
    case "machineBusy":
    case "refused":
    case "unauthorized":
      return openDoor(releaseSession(counted, sequenceId, null), latestMs);
    case "unknown":
      return counted;
  }
}

function recordAfter({ claimed, answer, latestMs }: Answered, limits: Limits): SequenceRecord {
  const record = claimed.value;
  const detail = lockedOut(answer);
  if (detail !== null) {
    const place = { kind: "later", dueAtMs: latestMs + limits.busyRetryMs } as const;
    return giveBack(record, place, { code: "lockedOut", detail: detail.slice(0, 500) });
  }
  switch (answer.kind) {
    case "accepted":
      return isOurs(answer.comment, record)
        ? submit(record, answer.actionId, latestMs)
        : busy(record, latestMs, limits);
    case "machineBusy":
      return busy(record, latestMs, limits);
    case "throttled":
    case "notSent":
      return giveBack(record, { kind: "ready" }, null);
    case "unauthorized":
    case "refused": {
      const code = answer.kind === "refused" ? answer.code : answer.kind;
      const outcome = { code, detail: answer.detail.slice(0, 1_000) };
      return end(record, "refused", outcome, latestMs);
    }
    case "unknown":
      return loseAnswer(record);
  }
}

/**
 * A 201 can carry an action that was there before; only another tag proves that, a missing one
 * proves nothing.
 */
function isOurs(comment: string | null, record: SequenceRecord): boolean {
  return comment === null || sameTag(tagIn(comment), tagOf(record));
}

function busy(record: SequenceRecord, latestMs: number, limits: Limits): SequenceRecord {
  const times = record.busyTimes + 1;
  const dueAtMs = latestMs + busyWaitMs(times, limits);
  const counted = { ...record, busyTimes: times };
  const reason = { code: "machineBusy", sinceMs: latestMs, times } as const;
  return giveBack(counted, { kind: "later", dueAtMs }, reason);
}
