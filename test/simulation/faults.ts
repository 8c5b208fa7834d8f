import type { Random } from "../../shared/ports.ts";
import type { BadAnswer } from "./bad-answers.ts";
import { BAD_ANSWERS } from "./bad-answers.ts";
import { chance, oneOf } from "./streams.ts";

/**
 * What can go wrong around one port call. `error`: nothing happened, and the caller is told so by
 * an exception or an unavailable. `lostReply`: it happened, and the caller is told the same.
 * `lostRace`: it happened, the client sent it again, and the caller hears of a conflict with
 * itself. The stalls freeze the host after the call happened.
 */
export const FAULT_KINDS = [
  "error",
  "lostReply",
  "lostRace",
  "crashBefore",
  "crashAfter",
  "stallPastFence",
  "stallPastLease",
  "stallPastGuard",
  "stallPastVisibility",
  "late",
] as const;
/** What is read of rows breaks off in the middle, and the reader hears of it. */
export const CUT = "cut" as const;
type FaultKind = (typeof FAULT_KINDS)[number] | typeof CUT;

/**
 * How long the stalls last: past the send fence, 2 s; a driver's promise, 20 s; the guard, 180 s; a
 * message's ten minutes.
 */
export const STALL_MS: Readonly<Partial<Record<string, number>>> = {
  stallPastFence: 2_600,
  stallPastLease: 45_000,
  stallPastGuard: 200_000,
  stallPastVisibility: 660_000,
};
/** Between a claim and its POST lies one commit: a stall there is worth more than elsewhere. */
const STALLS_AT_COMMITS = 4;
/** `late` holds a request up on the wire for this long before it arrives. */
export const LATE_MS = 12_000;

/** The port methods, as faults name them. */
export const METHODS = [
  "ledger.read",
  "ledger.list",
  "ledger.commit",
  "bells.ringDrain",
  "bells.ringCollect",
  "bells.ringCallback",
  "evidence.put",
  "evidence.open",
  "rows.append",
  "rows.open",
  "rows.list",
  "defender.prepare",
  "defender.submit",
  "defender.list",
  "defender.machines",
  "defender.cancel",
  "defender.link",
  "defender.library",
  "defender.hunt",
  "defender.download",
  "callbacks.send",
  "queue.complete",
] as const;
export type Method = (typeof METHODS)[number];

/** A fault at the n-th call (from 1) of a method, whoever makes it. */
export interface Fault {
  readonly method: Method;
  readonly call: number;
  readonly kind: FaultKind | BadAnswer;
}

/** Shares of calls that go wrong. */
export interface FaultRates {
  /** Of storage calls, and of calls of others: error or lostReply, lostRace for commits. */
  readonly storage: number;
  readonly defender: number;
  /** Of all calls. */
  readonly crash: number;
  readonly stall: number;
  /** Of POSTs: a bad answer. */
  readonly answers: number;
}

export const NO_FAULTS: FaultRates = { storage: 0, defender: 0, crash: 0, stall: 0, answers: 0 };

/** Decides for every call whether it goes wrong, and remembers what it decided. */
export interface FaultPlan {
  draw(method: Method): Fault["kind"] | null;
  /** What was injected so far. */
  readonly injected: readonly Fault[];
  /** How often each method was called so far. */
  readonly calls: ReadonlyMap<Method, number>;
}

/** Shares, and the randomness by which they are drawn. */
interface Drawing {
  readonly rates: FaultRates;
  readonly random: Random;
}

/**
 * Faults drawn at the given rates for as long as `isOver` says no; or exactly those given. Those of
 * the store of rows are drawn by themselves, so that all others stay as they were.
 */
export function createFaultPlan(
  source: (Drawing & { readonly rows: Drawing }) | { readonly exactly: readonly Fault[] },
  isOver: () => boolean,
): FaultPlan {
  const injected: Fault[] = [];
  const calls = new Map<Method, number>();
  const given = new Map(
    "exactly" in source ? source.exactly.map((each) => [`${each.method} ${each.call}`, each]) : [],
  );
  return {
    injected,
    calls,
    draw: (method) => {
      const call = (calls.get(method) ?? 0) + 1;
      calls.set(method, call);
      const kind =
        "exactly" in source
          ? (given.get(`${method} ${call}`)?.kind ?? null)
          : isOver()
            ? null
            : drawn(method, isOfRows(method) ? source.rows : source);
      if (kind !== null) injected.push({ method, call, kind });
      return kind;
    },
  };
}

function isOfRows(method: Method): boolean {
  return method.startsWith("rows.");
}

function drawn(method: Method, { random, rates }: Drawing): Fault["kind"] | null {
  if (chance(random, rates.crash)) return oneOf(random, ["crashBefore", "crashAfter"]);
  if (chance(random, rates.stall * (method === "ledger.commit" ? STALLS_AT_COMMITS : 1))) {
    return oneOf(
      random,
      FAULT_KINDS.filter((kind) => kind === "late" || kind in STALL_MS),
    );
  }
  if (method === "defender.submit" && chance(random, rates.answers)) {
    return oneOf(random, BAD_ANSWERS);
  }
  const isCall = method.startsWith("defender.") || method === "callbacks.send";
  const rate = isCall ? rates.defender : rates.storage;
  if (!chance(random, rate)) return null;
  const kinds = ["error", "lostReply"] as const;
  if (method === "rows.open") return oneOf(random, [...kinds, CUT]);
  return oneOf(random, method === "ledger.commit" ? [...kinds, "lostRace"] : kinds);
}
