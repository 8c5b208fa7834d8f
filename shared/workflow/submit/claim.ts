import { sequenceKey } from "../../ledger/row/keys.ts";
import { OFFLINE_LANE, URGENT_LANE, type Lane } from "../../plan/lane.ts";
import { withHistory } from "../../ledger/sequence/history.ts";
import { claim } from "../../ledger/sequence/moves.ts";
import { move, type Stored } from "../../ledger/sequence/rows.ts";
import { rankOf, type SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { admit, paceAfter, type Verdict } from "../../limits/pace/admit.ts";
import { shownIn } from "../../limits/pace/lost-posts.ts";
import { reserve, tidied, type Budget } from "../../limits/pace/budget.ts";
import {
  choose,
  dispatchesUntilLongestWaiting,
  isLongestWaitingNext,
  isRetryNext,
} from "../../limits/pace/choose.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { lockoutOf, withProbeFirst } from "../../limits/pace/lockout.ts";
import { sessionOf } from "../../limits/pace/session.ts";
import type { Ports } from "../../ports.ts";
import { factAbout } from "../../store/audit.ts";
import { changeBudget } from "../../store/change-budget.ts";
import type { MaybeStored } from "../../store/load.ts";
import { noteLetIn } from "../../store/note-lockout.ts";
import { notPassedOver, readQueueHead } from "../../store/read-queue-head.ts";
import { AGAIN, tryTransact, usual, type Transaction } from "../../store/transact.ts";
import { withDecisions } from "../../store/link-decisions.ts";
import type { Judging } from "./lacks-facts.ts";
import { loadChosen, type Chosen, type Lacking as Unclaimed } from "./load-chosen.ts";
import { retryKey, type OverdueFinder } from "./longest-waiting.ts";

export type ClaimPorts = Pick<Ports, "ledger" | "clock" | "random" | "log">;

/** The result of one attempt to claim. */
export type Claimed =
  | {
      readonly kind: "claimed";
      readonly sequences: readonly Stored<SequenceRecord>[];
      /** True if the claimant has promised to come back. */
      readonly drives: boolean;
      /** Monotonic time at which the claim began; the fence for its POSTs counts from it. */
      readonly begunAtMs: number;
      readonly more: boolean;
      readonly lacking: Lacking;
    }
  /** There are only such. */
  | { readonly kind: "lacking"; readonly lacking: Lacking }
  | { readonly kind: "nothing" | "driven" | "contended" }
  | { readonly kind: "wait"; readonly untilMs: number }
  | Exclude<Verdict, { kind: "go" | "wait" }>;

/** Those that were not claimed, because Defender has to be asked first. */
export interface Lacking extends Unclaimed {
  /** Keys of the ready rows after those that were chosen. They may lack facts, too. */
  readonly next: readonly string[];
}

/**
 * Who claims: its name, whether it may wait between slots as the driver, and whether it must
 * because it comes for urgent work.
 */
export interface Claimant extends Judging {
  readonly hostId: string;
  readonly lingers: boolean;
  readonly urgent: boolean;
  /** How it finds the longest waiting, when that is next. */
  readonly findOverdue: OverdueFinder;
  /**
   * Waiting sequences that cannot be read, that need a row that cannot be read, or for which
   * Defender does not say what it has to be asked. The claim skips them.
   */
  readonly passedOver: Set<string>;
}

/** Five rows each, the budget and an audit record: under a transaction's 100 (Table service). */
const CLAIMS_PER_COMMIT = 19;
/** A driver promises to come back within this time. If it does not, another drain takes over. */
export const DRIVER_PROMISE_MS = 20_000;

/**
 * Takes slot, session and machine for the best ready sequences, as many as may go now, in one
 * transaction with the intent to post them. If it loses the race for the budget, it reads again, a
 * bounded number of times.
 */
export async function claimNext(
  ports: ClaimPorts,
  limits: Limits,
  claimant: Claimant,
): Promise<Claimed> {
  // Each time it skips one more, and a page has a thousand.
  for (;;) {
    const claiming = await tryTransact(
      ports,
      usual("the budget"),
      async (tx) => await tryClaim(ports, limits, claimant, tx),
    );
    if (claiming.kind === "contended") return claiming;
    const { value, etags } = claiming;
    if (value === "passedOver") continue;
    if (value.kind !== "claimed") return value;
    const sequences = value.sequences.map((each) => ({
      ...each,
      etag: etags.get(sequenceKey(each.value.sequenceId)) ?? each.etag,
    }));
    return { ...value, sequences };
  }
}

async function tryClaim(
  ports: ClaimPorts,
  limits: Limits,
  claimant: Claimant,
  tx: Transaction,
): Promise<Claimed | "passedOver" | typeof AGAIN> {
  const begunAtMs = ports.clock.monotonicMs();
  const limit = limits.callsPerWindow + 1;
  const head = await readQueueHead(tx, limit + claimant.passedOver.size);
  const { budget, isPauseNoted, ready } = head;
  const passedOver = new Set([...claimant.passedOver, ...shownIn(budget.value.lost)]);
  const nowMs = ports.clock.earliest();
  // A claimant already has a token.
  if (lockoutOf(budget.value, "token") !== null) {
    await noteLetIn(ports, "token");
    return AGAIN;
  }
  if (isDriven(budget.value, nowMs, claimant)) return { kind: "driven" };
  if (isPauseNoted) return { kind: "paused" };
  const verdict = admit(budget.value, nowMs, limits);
  if (verdict.kind !== "go") return verdict;

  const waiting = await notPassedOver(tx, ready, passedOver, limit);
  const readable = withProbeFirst(waiting, budget.value);
  if (readable.length === 0) return { kind: "nothing" };
  // While more sequences wait than have room, a claim ends where the one that has waited longest is
  // next.
  const contended = readable.length > verdict.room;
  const most = contended ? dispatchesUntilLongestWaiting(budget.value) : CLAIMS_PER_COMMIT;
  const room = Math.min(verdict.room, CLAIMS_PER_COMMIT, most);
  const first = readable.slice(0, room + 1);
  const mayBeOverdue = first.length > room && isLongestWaitingNext(budget.value);
  const overdue = mayBeOverdue
    ? ((isRetryNext(budget.value) ? await retryKey(ports, passedOver) : null) ??
      (await claimant.findOverdue(first, passedOver)))
    : null;
  const choice = choose({ ready: first, overdue }, { ...verdict, room }, budget.value, nowMs);
  if (choice.keys.length === 0) {
    return choice.paceUntilMs === null
      ? { kind: "full" }
      : { kind: "wait", untilMs: choice.paceUntilMs };
  }
  const going = { ...claimant, budget: budget.value, lostTo: tx.lost?.key ?? null };
  const loaded = await loadChosen(ports, choice.keys, going);
  if (loaded.kind !== "loaded") return loaded.kind === "again" ? AGAIN : "passedOver";
  const lacking = { ...loaded, next: readable.filter((key) => !choice.keys.includes(key)) };
  if (loaded.chosen.length === 0) return { kind: "lacking", lacking };
  const more = first.length > loaded.chosen.length;
  return stageClaim(ports, limits, tx, { ...loaded, lacking, budget, claimant, more, begunAtMs });
}

/** Another host has promised to come back; only urgent work does not wait for it. */
function isDriven(budget: Budget, nowMs: number, claimant: Claimant): boolean {
  const { driver } = budget;
  const other = driver !== null && driver.hostId !== claimant.hostId && driver.untilMs > nowMs;
  return other && !claimant.urgent;
}

interface Claiming {
  readonly budget: MaybeStored<Budget>;
  readonly chosen: readonly Chosen[];
  readonly lacking: Lacking;
  readonly claimant: Claimant;
  readonly more: boolean;
  readonly begunAtMs: number;
}

function stageClaim(
  { clock, random }: ClaimPorts,
  limits: Limits,
  tx: Transaction,
  { budget, chosen, lacking, claimant, more, begunAtMs }: Claiming,
): Claimed {
  const earliestMs = clock.earliest();
  const latestMs = clock.latest();
  const after = chosen.map(({ value, files }) => claim(value, latestMs, random.nonce(), files));
  const lanes = chosen.map(({ value }) => rankOf(value).lane);
  const spent = { claimant, more, lanes, earliestMs, latestMs, limits };
  const next = budgetAfter(budget.value, after, spent);
  const fact = factAbout("claimed", after, { atMs: earliestMs });
  const written = changeBudget(tx, budget, next, [fact]);
  const sequences = chosen.map(({ value, etag }, index) => {
    const claimed = withDecisions(value, after[index] ?? value, written);
    return { value: withHistory(claimed), etag };
  });
  for (const [index, each] of chosen.entries()) {
    tx.stage(move(each, sequences[index]?.value ?? each.value));
  }
  const drives = next.driver?.hostId === claimant.hostId;
  return { kind: "claimed", sequences, drives, begunAtMs, more, lacking };
}

function budgetAfter(
  budget: Budget,
  claimed: readonly SequenceRecord[],
  at: {
    claimant: Claimant;
    more: boolean;
    lanes: readonly Lane[];
    earliestMs: number;
    latestMs: number;
    limits: Limits;
  },
): Budget {
  const { claimant, lanes, earliestMs, latestMs } = at;
  const lower = lanes.filter((lane) => lane !== URGENT_LANE).length;
  const drives = claimant.lingers && at.more;
  let next = tidied(budget, earliestMs, at.limits);
  for (const each of claimed) next = reserve(next, sessionOf(each), latestMs);
  const longest = isLongestWaitingNext(budget);
  return {
    ...next,
    pass: Math.max(budget.pass, ...claimed.map((each) => each.pass)),
    byRank: longest ? 0 : budget.byRank + claimed.length,
    sinceRetry: lanes.includes(OFFLINE_LANE) ? 0 : budget.sinceRetry + claimed.length,
    paceAtMs: lower === 0 ? budget.paceAtMs : paceAfter(budget, lower, earliestMs, at.limits),
    // This claim answers a bell that is due. If the budget still counted it, the next bell would
    // not be rung.
    bellDueAtMs: budget.bellDueAtMs <= latestMs ? 0 : budget.bellDueAtMs,
    driver: drives
      ? { hostId: claimant.hostId, untilMs: latestMs + DRIVER_PROMISE_MS }
      : budget.driver,
  };
}
