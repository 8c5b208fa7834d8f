import type { Random } from "../../shared/ports.ts";
import type { TenantRules } from "./scenario.ts";
import { between, chance, oneOf, stream } from "./streams.ts";

/** Habits of a tenant that its pages leave open. */
type Habits = Pick<TenantRules, "neverCame" | "denied">;

/** By a stream of its own, so that all others stay as they were. */
export function drawHabits(seed: number): Habits {
  const random = stream(seed, "habits");
  return { neverCame: chance(random, 0.3) ? "Failed" : "TimeOut", denied: drawDenied(random) };
}

/** Few, for hours take long. */
const DENIED_SHARE = 0.03;

function drawDenied(random: Random): Habits["denied"] {
  if (!chance(random, DENIED_SHARE)) return null;
  const fromMs = between(random, 0, 300_000);
  return {
    what: oneOf(random, ["link", "blob"]),
    span: [fromMs, fromMs + between(random, 1_200_000, 10_800_000)],
  };
}
