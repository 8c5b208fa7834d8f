import type { MachineScope } from "../../access/machine-scope.ts";
import {
  BUDGET_KEY,
  machineKey,
  OFFLINE_LANE,
  sequenceIdIn,
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
import { overdueKey, retryKey } from "./longest-waiting.ts";
import { noteLetIn } from "../../store/note-lockout.ts";
import { unlessSetAside } from "../../store/set-aside.ts";

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
  /** Sequences that wait, but cannot be read, or need a row that cannot: those behind them go. */
  readonly passedOver: Set<string>;
}

const TRIES = 8;
const JITTER_MS = 300;
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
  for (let lost = 0; lost < TRIES;) {
    const claimed = await tryClaim(ports, limits, claimant);
    // Each time there is one more of them, and a page holds a thousand.
    if (claimed === "passedOver") continue;
    if (claimed !== "again") return claimed;
    lost += 1;
    await ports.clock.sleep(ports.random.fraction() * JITTER_MS);
  }
  return { kind: "contended" };
}

async function tryClaim(
  ports: ClaimPorts,
  limits: Limits,
  claimant: Claimant,
): Promise<Claimed | "again" | "passedOver"> {
  const begunAtMs = ports.clock.monotonicMs();
  const { passedOver } = claimant;
  const limit = limits.callsPerWindow + 1;
  const { budget, isPauseNoted, ready } = await readTurn(ports.ledger, limit + passedOver.size);
  const nowMs = ports.clock.earliest();
  // Whoever claims has a token at hand.
  if (lockoutOf(budget.value, "token") !== null) {
    await noteLetIn(ports, { stored: budget }, "token");
    return "again";
  }
  if (isDriven(budget.value, nowMs, claimant)) return { kind: "driven" };
  if (isPauseNoted) return { kind: "paused" };
  const verdict = admit(budget.value, nowMs, limits);
  if (verdict.kind !== "go") return verdict;

  const waiting = ready.filter((key) => !passedOver.has(sequenceIdIn(key))).slice(0, limit);
  const readable = withProbeFirst(waiting, budget.value);
  if (readable.length === 0) return { kind: "nothing" };
  // While more wait than have room, a claim ends where the turn of the longest waiting comes.
  const contended = readable.length > verdict.room;
  const turn = contended ? dispatchesUntilTurn(budget.value) : CLAIMS_PER_COMMIT;
  const room = Math.min(verdict.room, CLAIMS_PER_COMMIT, turn);
  const first = readable.slice(0, room + 1);
  const mayBeOverdue = first.length > room && isTurnOfLongestWaiting(budget.value);
  const overdue = mayBeOverdue
    ? ((isTurnOfRetry(budget.value) ? await retryKey(ports, passedOver) : null) ??
      (await overdueKey(ports, limits, first, claimant)))
    : null;
  const choice = choose({ ready: first, overdue }, { ...verdict, room }, budget.value, nowMs);
  if (choice.keys.length === 0) {
    return choice.paceUntilMs === null
      ? { kind: "full" }
      : { kind: "wait", untilMs: choice.paceUntilMs };
  }
  const chosen = await loadChosen(ports, choice.keys, budget.value, claimant);
  if (chosen === "again" || chosen === "passedOver") return chosen;
  const more = first.length > chosen.length;
  return await commitClaim(ports, limits, { budget, chosen, claimant, more, begunAtMs });
}

/** Another host has promised to look; only urgent work does not wait for it. */
function isDriven(budget: Budget, nowMs: number, claimant: Claimant): boolean {
  const { driver } = budget;
  const other = driver !== null && driver.hostId !== claimant.hostId && driver.untilMs > nowMs;
  return other && !claimant.urgent;
}

/** Behind the machine; or passed over, if its lease is set aside. */
async function passOrWait(
  ports: ClaimPorts,
  stuck: Stored<SequenceRecord>,
  { passedOver }: Claimant,
): Promise<void> {
  const came = await unlessSetAside(ports, "setAside", () => waitBehind(ports, stuck));
  if (came === "setAside") passedOver.add(stuck.value.sequenceId);
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
    if (stuck !== undefined) await passOrWait(ports, stuck, claimant);
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
