import { z } from "zod";

/** An instant as a row holds it: epoch milliseconds, whole. */
export const instant = z.number().int().nonnegative();

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
