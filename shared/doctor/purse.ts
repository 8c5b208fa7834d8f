import { RATE_TOKEN_PAUSED_KEY } from "../ledger/row/keys.ts";
import type { SubmissionAnswer } from "../ledger/sequence/submission.ts";
import { admit, type Verdict } from "../limits/pace/admit.ts";
import { stamp, tidied, unreserve, type Budget } from "../limits/pace/budget.ts";
import type { Limits } from "../limits/pace/limits.ts";
import { throttled } from "../limits/pace/throttled.ts";
import type { Ports } from "../ports.ts";
import { changeBudget, changeBudgetAlone } from "../store/change-budget.ts";
import { loadBudget } from "../store/load.ts";
import { spendRead } from "../store/spend-read.ts";
import { unlessSetAside } from "../store/set-aside.ts";
import { tryTransact, usual } from "../store/transact.ts";

/** The call was not made, because it could not be paid. */
export interface Unpaid {
  readonly kind: "unpaid";
  readonly why: string;
  readonly fix: string;
}

type Post = (leaveWithinMs: () => number) => Promise<SubmissionAnswer>;

/** Pays for the doctor's calls to Defender. A call that is not paid is not made. */
export interface Purse {
  /** Null if a list call is paid. */
  list(): Promise<Unpaid | null>;
  /** The answer to a POST, which is paid like every other. */
  post(send: Post): Promise<SubmissionAnswer | Unpaid>;
}

type PursePorts = Pick<Ports, "ledger" | "clock" | "random" | "log">;

/** The doctor may use half of the list calls; the other half is for the polls. */
const LIST_SHARE = 0.5;
/** In the place of a sequence, in the slot of a probe. */
const PROBE = "doctor";

/** The budget of the app, which every instance pays from. */
export function purseOf(ports: PursePorts, limits: Limits): Purse {
  return {
    list: async () => {
      if (await spendRead(ports, limits, "list", { share: LIST_SHARE })) return null;
      const why = "half of the list calls of this minute or hour are used";
      return unpaid(why, "Wait a minute and ask again.");
    },
    post: async (send) => await payAndPost(ports, limits, send),
  };
}

/** For a ledger that cannot be read, and so pays for nothing. */
export const NO_PURSE: Purse = {
  list: async () => UNREAD,
  post: async () => UNREAD,
};

/** For settings under which nobody has begun a ledger: nobody else spends anything. */
export function freePurse(leaveWithinMs: number): Purse {
  return { list: async () => null, post: async (send) => await send(() => leaveWithinMs) };
}

const UNREAD = unpaid(
  "the call is paid from the ledger, and that cannot be read and written",
  "Read the findings about the table and the budget first.",
);

function unpaid(why: string, fix: string): Unpaid {
  return { kind: "unpaid", why, fix };
}

/** A slot before the POST, stamped after its answer, as `Slot` says. It opens no session. */
async function payAndPost(
  ports: PursePorts,
  limits: Limits,
  send: Post,
): Promise<SubmissionAnswer | Unpaid> {
  const begunAtMs = ports.clock.monotonicMs();
  const reserved = await unlessSetAside(ports, UNREAD, () => reserveSlot(ports, limits));
  if (typeof reserved !== "number") return reserved;
  const answer = await send(() => limits.sendFenceMs - (ports.clock.monotonicMs() - begunAtMs));
  await changeBudgetAlone(ports, (budget) =>
    afterAnswer(budget, answer, { reservedAtMs: reserved, latestMs: ports.clock.latest(), limits }),
  );
  return answer;
}

/** The time at which a slot was reserved, or why none was. */
async function reserveSlot(ports: PursePorts, limits: Limits): Promise<number | Unpaid> {
  const reserving = await tryTransact(ports, usual("the budget"), async (tx) => {
    const stored = await loadBudget(tx);
    const isPauseNoted = (await tx.read(RATE_TOKEN_PAUSED_KEY)) !== null;
    const nowMs = ports.clock.earliest();
    const verdict = admit(stored.value, nowMs, limits);
    if (isPauseNoted) return WAITS.paused;
    if (verdict.kind !== "go") return WAITS[verdict.kind];
    const reservedAtMs = ports.clock.latest();
    const slot = { sequenceId: PROBE, reservedAtMs, stampedAtMs: null };
    const budget = tidied(stored.value, nowMs, limits);
    changeBudget(tx, stored, { ...budget, slots: [...budget.slots, slot] });
    return reservedAtMs;
  });
  return reserving.kind === "done" ? reserving.value : WAITS.wait;
}

const WAITS: Readonly<Record<Exclude<Verdict["kind"], "go">, Unpaid>> = {
  paused: unpaid("lrq is paused, and a probe is a submission", "Send POST /api/resume first."),
  lockedOut: unpaid(
    "Defender refuses the app, and lrq tries again by itself",
    "Read the finding about Defender and the app first.",
  ),
  wait: unpaid(
    "all calls of this minute are used, or Defender has asked lrq to wait",
    "Wait a minute and ask again.",
  ),
  full: unpaid(
    "all sessions are taken, so live response is on",
    "Ask again when fewer sequences run.",
  ),
  unwatched: unpaid(
    "lrq has started as many sequences as it may without a new list",
    "Wait for the next poll and ask again.",
  ),
};

function afterAnswer(
  budget: Budget,
  answer: SubmissionAnswer,
  { reservedAtMs, latestMs, limits }: { reservedAtMs: number; latestMs: number; limits: Limits },
): Budget {
  if (answer.kind === "notSent") return unreserve(budget, PROBE, reservedAtMs);
  const next = stamp(budget, PROBE, latestMs, reservedAtMs);
  if (answer.kind !== "throttled") return next;
  return throttled(next, PROBE, { retryAfterMs: answer.retryAfterMs, latestMs }, limits);
}
