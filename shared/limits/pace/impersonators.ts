import { z } from "zod";
import { fineInstant } from "../../ledger/row/instant.ts";
import { rowObject } from "../../ledger/row/row-object.ts";

/**
 * An action that has a mark of ours and is not ours: the sequence of the mark, and when lrq found
 * that out. While the budget has it, no poll judges it again.
 */
export const impersonatorSchema = rowObject({
  actionId: z.string(),
  sequenceId: z.string(),
  atMs: fineInstant,
});
export type Impersonator = z.infer<typeof impersonatorSchema>;

/** Nothing is known of us, nor of anybody who pretends to be us. */
export const NO_STRANGERS: { requestors: string[]; impersonators: Impersonator[] } = {
  requestors: [],
  impersonators: [],
};

/** Lists show an action for about that long. After it one that is still listed is judged again. */
const REMEMBERED_MS = 3_600_000;
/** More sessions than a tenant has (50), and small next to the rest of the row. */
const IMPERSONATORS_MAX = 100;

/** Those that are remembered at that time: of the last hour. */
export function impersonatorsSince(known: readonly Impersonator[], nowMs: number): Impersonator[] {
  return known.filter(({ atMs }) => atMs > nowMs - REMEMBERED_MS);
}

/** The impersonators of the last hour, with one more. */
export function withImpersonator(
  known: readonly Impersonator[],
  found: Impersonator,
): Impersonator[] {
  const remembered = impersonatorsSince(known, found.atMs);
  const before = remembered.find(({ actionId }) => actionId === found.actionId);
  const others = remembered.filter((each) => each !== before);
  return [...others, { ...before, ...found }].slice(-IMPERSONATORS_MAX);
}

/** A name and an id, and one of each before a change. */
const REQUESTORS_MAX = 4;

/** What Defender has called us, with what it says of an action that is surely ours. */
export function withRequestor(known: string[], requestor: string | null): string[] {
  if (requestor === null || requestor === "" || known.includes(requestor)) return known;
  return [requestor, ...known].slice(0, REQUESTORS_MAX);
}
