import { z } from "zod";

/** An instant in the records: whole epoch milliseconds. */
export const instant = z.number().int().nonnegative();

/**
 * An instant that limits are counted by: epoch milliseconds with a fraction, because lrq computes
 * the clock of the table service more finely than the service says it. 0 is never.
 */
export const fineInstant = z.number().nonnegative();

/** An instant of the ledger (epoch milliseconds) for people and other programs: ISO 8601 in UTC. */
export function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

export function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : isoOf(ms);
}
