import { isWithin } from "../ledger/row/key-range.ts";
import { QUEUE_HEAD, RATE_TOKEN_PAUSED_KEY, READY, sequenceIdIn } from "../ledger/row/keys.ts";
import type { Budget } from "../limits/pace/budget.ts";
import type { LedgerReads } from "../ports.ts";
import { budgetIn, type MaybeStored } from "./load.ts";

/** The most the Table service gives at once. */
const PAGE = 1_000;

/** The budget, whether a pause is noted next to it, and who is ready, the next to go first. */
export interface QueueHead {
  readonly budget: MaybeStored<Budget>;
  readonly isPauseNoted: boolean;
  /** Keys of ready rows. */
  readonly ready: readonly string[];
}

/** All that in one request, with up to `limit` ready rows. */
export async function readQueueHead(ledger: LedgerReads, limit: number): Promise<QueueHead> {
  const rows = await ledger.list(QUEUE_HEAD.from, QUEUE_HEAD.before, Math.min(limit + 1, PAGE));
  const keys = rows.map((row) => row.key);
  const ready = keys.filter((key) => isWithin(key, READY)).slice(0, limit);
  return { budget: budgetIn(rows), isPauseNoted: keys.includes(RATE_TOKEN_PAUSED_KEY), ready };
}

/**
 * Up to `limit` of those ready that are not passed over: out of the head that was read, and from
 * where that ends if a page full of others hides them.
 */
export async function notPassedOver(
  ledger: LedgerReads,
  head: readonly string[],
  passedOver: ReadonlySet<string>,
  limit: number,
): Promise<readonly string[]> {
  const isNext = (key: string) => !passedOver.has(sequenceIdIn(key));
  const found = head.filter(isNext);
  // The head is a page, but for the budget and the note of a pause.
  let last = head.length < PAGE - 2 ? undefined : head.at(-1);
  while (found.length < limit && last !== undefined) {
    const rows = await ledger.list(`${last}!`, READY.before, PAGE);
    found.push(...rows.map(({ key }) => key).filter(isNext));
    last = rows.length < PAGE ? undefined : rows.at(-1)?.key;
  }
  return found.slice(0, limit);
}
