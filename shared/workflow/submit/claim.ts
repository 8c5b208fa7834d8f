import type { MachineScope } from "../../access/machine-scope.ts";
import {
  BUDGET_KEY,
  laneIn,
  laneRange,
  LANES,
  machineKey,
  OFFLINE_LANE,
  passIn,
  sequenceKey,
  URGENT_LANE,
  type Lane,
} from "../../ledger/keys.ts";
import { claim } from "../../ledger/moves.ts";
import { move, type RowChange, type Stored } from "../../ledger/rows.ts";
import { rankOf, type SequenceRecord } from "../../ledger/sequence.ts";
import { admit, paceAfter, type Verdict } from "../../limits/admit.ts";
import { reserve, tidied, type Budget } from "../../limits/budget.ts";
import {
  choose,
  dispatchesUntilTurn,
  isTurnOfLongestWaiting,
  isTurnOfRetry,
} from "../../limits/choose.ts";
import type { Limits } from "../../limits/limits.ts";
import { lockoutOf, withProbeFirst } from "../../limits/lockout.ts";
import { sessionOf } from "../../limits/session.ts";
import type { Ports } from "../../ports.ts";
import { auditedBudget, factAbout } from "../../store/audit.ts";
import { readTurn } from "../../store/held-budget.ts";
import { budgetChange, type MaybeStored } from "../../store/load.ts";
import { loadChosen, waitBehind } from "./load-chosen.ts";
import { noteLetIn } from "../../store/note-lockout.ts";

export type ClaimPorts = Pick<Ports, "ledger" | "clock" | "random" | "log">;

/** What one attempt to claim came to. */
export type Claimed =
  | {
      readonly kind: "claimed";
      readonly sequences: readonly Stored<SequenceRecord>[];
      /** The budget as this claim left it. */
      readonly budget: MaybeStored<Budget>;
      /** Monotonic time at which the claim began; the fence for its POSTs counts from it. */
      readonly begunAtMs: number;
      readonly more: boolean;
    }
  | { readonly kind: "nothing" | "driven" | "contended" }
  | { readonly kind: "wait"; readonly untilMs: number }
  | Exclude<Verdict, { kind: "go" | "wait" }>;

/**
 * Who claims: its name, and whether it may sit out waits as the driver, or must because it comes
 * for urgent work.
 */
export interface Claimant {
  readonly hostId: string;
  readonly lingers: boolean;
  readonly urgent: boolean;
  readonly scope: MachineScope;
  /**
   * Set by a claim that found one lane alone waiting: until then nobody else's turn is looked for
   * again. Monotonic milliseconds.
   */
  readonly oneLane: { untilMs: number };
}

const TRIES = 8;
const JITTER_MS = 300;
/** A lane that was alone is believed alone this long: nothing new has waited long by then. */
const ONE_LANE_WINDOWS = 5;
/** Three rows each, the budget and an audit record: under a transaction's 100 (Table service). */
const CLAIMS_PER_COMMIT = 32;
/** A driver promises to look again within this; whoever finds the promise broken takes over. */
export const DRIVER_PROMISE_MS = 20_000;

/**
 * Takes slot, session and machine for the best ready sequences, as many as may go now, in one
 * transaction with the intent to post them. Losing the race for the budget means looking again, a
 * bounded number of times.
 */
export async function claimNext(
  ports: ClaimPorts,
  limits: Limits,
  claimant: Claimant,
): Promise<Claimed> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const claimed = await tryClaim(ports, limits, claimant);
    if (claimed !== "again") return claimed;
    await ports.clock.sleep(ports.random.fraction() * JITTER_MS);
  }
  return { kind: "contended" };
}

async function tryClaim(
  ports: ClaimPorts,
  limits: Limits,
  claimant: Claimant,
): Promise<Claimed | "again"> {
  const begunAtMs = ports.clock.monotonicMs();
  const { budget, ready: waiting } = await readTurn(ports.ledger, limits.callsPerWindow + 1);
  const nowMs = ports.clock.earliest();
  // Whoever claims has a token at hand.
  if (lockoutOf(budget.value, "token") !== null) {
    await noteLetIn(ports, { stored: budget }, "token");
    return "again";
  }
  if (isDriven(budget.value, nowMs, claimant)) return { kind: "driven" };
  const verdict = admit(budget.value, nowMs, limits);
  if (verdict.kind !== "go") return verdict;

  const readable = withProbeFirst(waiting, budget.value);
  if (readable.length === 0) return { kind: "nothing" };
  // While more wait than have room, a claim ends where the turn of the longest waiting comes.
  const contended = readable.length > verdict.room;
  const turn = contended ? dispatchesUntilTurn(budget.value) : CLAIMS_PER_COMMIT;
  const room = Math.min(verdict.room, CLAIMS_PER_COMMIT, turn);
  const ready = readable.slice(0, room + 1);
  const mayBeOverdue = ready.length > room && isTurnOfLongestWaiting(budget.value);
  const overdue = mayBeOverdue
    ? ((isTurnOfRetry(budget.value) ? await retryKey(ports) : null) ??
      (await overdueKey(ports, limits, ready, claimant)))
    : null;
  const choice = choose({ ready, overdue }, { ...verdict, room }, budget.value, nowMs);
  if (choice.keys.length === 0) {
    return choice.paceUntilMs === null
      ? { kind: "full" }
      : { kind: "wait", untilMs: choice.paceUntilMs };
  }
  const chosen = await loadChosen(ports, choice.keys, budget.value, claimant.scope);
  if (chosen === "again") return "again";
  const more = ready.length > chosen.length;
  return await commitClaim(ports, limits, { budget, chosen, claimant, more, begunAtMs });
}

/** Another host has promised to look; only urgent work does not wait for it. */
function isDriven(budget: Budget, nowMs: number, claimant: Claimant): boolean {
  const { driver } = budget;
  const other = driver !== null && driver.hostId !== claimant.hostId && driver.untilMs > nowMs;
  return other && !claimant.urgent;
}

/** The first of the retries of offline machines; null if none is ready. */
async function retryKey({ ledger }: ClaimPorts): Promise<string | null> {
  const { from, before } = laneRange(OFFLINE_LANE);
  const [first] = await ledger.list(from, before, 1);
  return first?.key ?? null;
}

/**
 * The longest waiting of all lanes but that of retries. The first of a lane is its longest waiting;
 * lanes before that of the first ready one are empty, and each request finds the first of the next
 * that is not.
 */
async function overdueKey(
  { ledger, clock }: ClaimPorts,
  limits: Limits,
  readyKeys: readonly string[],
  { oneLane }: Claimant,
): Promise<string | null> {
  const [first] = readyKeys;
  if (first === undefined || clock.monotonicMs() < oneLane.untilMs) return null;
  const retries = laneRange(OFFLINE_LANE).from;
  let longest = first;
  let lanes = 1;
  for (let head = first; lanes < LANES.length; lanes += 1) {
    const [next] = await ledger.list(laneRange(laneIn(head)).before, retries, 1);
    if (next === undefined) break;
    head = next.key;
    if (passIn(head) < passIn(longest)) longest = head;
  }
  if (lanes === 1) oneLane.untilMs = clock.monotonicMs() + ONE_LANE_WINDOWS * limits.windowMs;
  return longest;
}

interface Claiming {
  readonly budget: MaybeStored<Budget>;
  readonly chosen: readonly Stored<SequenceRecord>[];
  readonly claimant: Claimant;
  readonly more: boolean;
  readonly begunAtMs: number;
}

async function commitClaim(
  ports: ClaimPorts,
  limits: Limits,
  { budget, chosen, claimant, more, begunAtMs }: Claiming,
): Promise<Claimed | "again"> {
  const earliestMs = ports.clock.earliest();
  const latestMs = ports.clock.latest();
  const after = chosen.map((each) => claim(each.value, latestMs));
  const lanes = chosen.map(({ value }) => rankOf(value).lane);
  const spent = { claimant, more, lanes, earliestMs, latestMs, limits };
  const claimed = factAbout("claimed", after, { atMs: earliestMs });
  const audited = auditedBudget(budgetAfter(budget.value, after, spent), [claimed]);
  const next = audited.budget;
  const changes: RowChange[] = [
    budgetChange(budget, next),
    ...chosen.flatMap((each, index) => move(each, after[index] ?? each.value)),
    ...audited.rows,
  ];
  const outcome = await ports.ledger.commit(changes);
  if (outcome.kind === "conflict") {
    const stuck = chosen.find((each) => machineKey(each.value.machineId) === outcome.key);
    if (stuck !== undefined) await waitBehind(ports, stuck);
    return "again";
  }
  const sequences = after.map((value) => ({
    value,
    etag: outcome.etags.get(sequenceKey(value.sequenceId)) ?? "",
  }));
  const stored = { value: next, etag: outcome.etags.get(BUDGET_KEY) ?? "" };
  return { kind: "claimed", sequences, budget: stored, begunAtMs, more };
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
  const longest = isTurnOfLongestWaiting(budget);
  return {
    ...next,
    pass: Math.max(budget.pass, ...claimed.map((each) => each.pass)),
    byRank: longest ? 0 : budget.byRank + claimed.length,
    sinceRetry: lanes.includes(OFFLINE_LANE) ? 0 : budget.sinceRetry + claimed.length,
    paceAtMs: lower === 0 ? budget.paceAtMs : paceAfter(budget, lower, earliestMs, at.limits),
    // A bell that is due is answered by this claim; counted on any longer, it would keep the next
    // from being rung.
    bellDueAtMs: budget.bellDueAtMs <= latestMs ? 0 : budget.bellDueAtMs,
    driver: drives
      ? { hostId: claimant.hostId, untilMs: latestMs + DRIVER_PROMISE_MS }
      : budget.driver,
  };
}
