import type { TenantRules } from "./scenario.ts";
import { chance, stream } from "./streams.ts";

/** Habits of a tenant that its pages leave open. */
type Habits = Pick<TenantRules, "neverCame">;

/** By a stream of its own, so that all others stay as they were. */
export function drawHabits(seed: number): Habits {
  const random = stream(seed, "habits");
  return { neverCame: chance(random, 0.3) ? "Failed" : "TimeOut" };
}
