import type { Random } from "../../shared/ports.ts";
import type { TenantRules } from "./scenario.ts";
import { between, chance, oneOf, stream, whole } from "./streams.ts";

/** Habits of a tenant that its pages leave open. */
type Habits = Pick<TenantRules, "neverCame" | "denied"> & Partial<Pick<TenantRules, "maxSessions">>;

/** By a stream of its own, so that all others stay as they were. */
export function drawHabits(seed: number, cap: number): Habits {
  const random = stream(seed, "habits");
  const habits: Habits = {
    neverCame: chance(random, 0.3) ? "Failed" : "TimeOut",
    denied: drawDenied(random),
  };
  // Far fewer sessions than the setting says.
  return chance(random, 0.15) ? { ...habits, maxSessions: whole(random, 1, cap) } : habits;
}

/** Few, for hours take long. */
const DENIED_SHARE = 0.015;

function drawDenied(random: Random): Habits["denied"] {
  if (!chance(random, DENIED_SHARE)) return null;
  const fromMs = between(random, 0, 300_000);
  return {
    what: oneOf(random, ["link", "blob"]),
    span: [fromMs, fromMs + between(random, 1_200_000, 4_000_000)],
  };
}
