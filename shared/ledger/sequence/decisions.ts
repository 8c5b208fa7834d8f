import { z } from "zod";
import { rowObject } from "../row/row-object.ts";

const number = z.number().int().nonnegative();

/**
 * The chain of what the queue decided about one sequence: how many decisions, the hash of the last,
 * and the numbers that the first and the last have in the log of the queue. All are 0 before the
 * first.
 */
export const decisionsSchema = rowObject({
  count: number,
  head: z.string(),
  first: number,
  last: number,
});

export const NO_DECISIONS: z.infer<typeof decisionsSchema> = {
  count: 0,
  head: "0".repeat(64),
  first: 0,
  last: 0,
};

/**
 * True if the chain has every decision about the sequence. A version of the app that knows no such
 * chains adds none. `linkedFrom` is the number from which on no such version has written into the
 * log of the queue; null if there is none.
 */
export function areLinked(
  record: {
    readonly decisions: z.infer<typeof decisionsSchema> | null;
    readonly part: number;
    readonly attempts: number;
    readonly impersonations: readonly unknown[];
  },
  linkedFrom: number | null,
): boolean {
  const { decisions, part, attempts, impersonations } = record;
  if (decisions === null) return false;
  // The first decision about a sequence is its first claim, or an impersonation before that.
  if (decisions.count === 0) return part + attempts + impersonations.length === 0;
  return linkedFrom !== null && linkedFrom <= decisions.last;
}
