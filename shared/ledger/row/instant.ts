import { z } from "zod";

/** An instant as the records hold it: epoch milliseconds, whole. */
export const instant = z.number().int().nonnegative();

/**
 * An instant that limits are counted by: epoch milliseconds with a fraction, for the clock of the
 * table service is known more finely than it tells. 0 is never.
 */
export const fineInstant = z.number().nonnegative();

/**
 * An instant of the ledger (epoch milliseconds) as people and other programs read it: ISO 8601 in
 * UTC.
 */
export function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

export function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : isoOf(ms);
}
