import { ASKED_KEY } from "../ledger/row/keys.ts";
import type { Limits } from "../limits/pace/limits.ts";
import type { Reads } from "../limits/pace/reads.ts";
import { spendReads } from "../limits/pace/spend-reads.ts";
import { loadReads, readsChange, type MaybeStored } from "./load.ts";
import { takingTurns } from "./taking-turns.ts";
import type { Store } from "./transact.ts";

/** The look-ups of one request, and the caller that they are for. */
interface Payment {
  readonly calls: number;
  readonly by: string;
}

/**
 * Pays the look-ups of requests before they are made. All requests write one row, so those of one
 * process take turns. The row is remembered, so that a payment costs one request.
 */
export interface LookUpPayments {
  /**
   * False if the budget or the caller's share is spent, or if others keep writing the row. Throws
   * `SetAside` if the row cannot be read, and as the ledger does.
   */
  pay(payment: Payment): Promise<boolean>;
}

interface Waiting extends Payment {
  answer(isPaid: boolean): void;
  fail(error: unknown): void;
}

/** A try loses only if another process has paid meanwhile. */
const TRIES = 12;
const JITTER_MS = 100;

/** One for each process. */
export function createLookUpPayments(store: Store, limits: Limits): LookUpPayments {
  const turns = takingTurns<Waiting, MaybeStored<Reads>>(
    store.clock,
    (waiting) => waiting.splice(0),
    async (payments, known) => await payTogether(store, limits, payments, known),
  );
  return {
    pay: async (payment) =>
      await new Promise((answer, fail) => {
        turns.add({ ...payment, answer, fail });
      }),
  };
}

/**
 * Answers every payment, and returns the row after it; null if it is not known. `known` is what the
 * last transaction left. It is a guess: if it is old, its ETag makes the commit lose, and nobody is
 * refused because of it.
 */
async function payTogether(
  { ledger, clock, random }: Store,
  limits: Limits,
  payments: readonly Waiting[],
  known: MaybeStored<Reads> | null,
): Promise<MaybeStored<Reads> | null> {
  let left = payments;
  let remembered = known;
  try {
    for (let tries = 0; tries < TRIES; tries += 1) {
      if (tries > 1) await clock.sleep(random.fraction() * JITTER_MS);
      const stored = remembered ?? (await loadReads(ledger));
      const { paid, refused, after } = paidFrom(stored.value, left, clock.earliest(), limits);
      const isGuess = remembered !== null;
      remembered = null;
      if (refused.length > 0 && isGuess) continue;
      for (const each of refused) each.answer(false);
      left = paid;
      if (paid.length === 0) return stored;
      const outcome = await ledger.commit([readsChange(stored, after)]);
      if (outcome.kind !== "committed") continue;
      for (const each of paid) each.answer(true);
      const etag = outcome.etags.get(ASKED_KEY) ?? null;
      return etag === null ? null : { value: after, etag };
    }
  } catch (error) {
    for (const each of left) each.fail(error);
    return null;
  }
  for (const each of left) each.answer(false);
  return null;
}

interface Paid {
  readonly paid: readonly Waiting[];
  readonly refused: readonly Waiting[];
  readonly after: Reads;
}

/** One after the other, in the order they came. */
function paidFrom(
  before: Reads,
  payments: readonly Waiting[],
  nowMs: number,
  limits: Limits,
): Paid {
  const paid: Waiting[] = [];
  const refused: Waiting[] = [];
  let after = before;
  for (const payment of payments) {
    const asked = { kind: "machines", share: 1, at: null, ...payment } as const;
    const next = spendReads(after, asked, nowMs, limits);
    (next === null ? refused : paid).push(payment);
    after = next ?? after;
  }
  return { paid, refused, after };
}
