import { z } from "zod";

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^([1-9]\d{0,3})([mhd])$/;

/** A time as people write it in a definition: a whole number of minutes, hours or days (`90m`). */
export const durationSchema = z
  .string()
  .regex(DURATION, 'Send a whole number and its unit: "30m", "12h" or "7d".');

/** Its milliseconds. Throws for a text of another form, which the schema does not let through. */
export function msOf(duration: string): number {
  const [, number, unit] = DURATION.exec(duration) ?? [];
  if (unit !== "m" && unit !== "h" && unit !== "d") throw new Error(`${duration} is no duration`);
  return Number(number) * UNITS_MS[unit];
}
