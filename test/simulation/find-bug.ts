import { drawScenario } from "./draw.ts";
import type { Invariant } from "./invariants.ts";
import type { Bug } from "./plant.ts";
import { simulate } from "./simulate.ts";
import type { Sabotage } from "./world.ts";

/** Every planted bug is found within so many. */
export const SEEDS = 500;

/** A bug, and the promises it can be seen to break first. */
export interface Case {
  readonly found: readonly Invariant[];
  readonly functions?: Readonly<Record<string, Bug>>;
  readonly sabotage?: Sabotage;
}

/** Plants the bug; gives the first seed that shows it, and what it breaks, or null. */
export async function firstFound(
  { functions = {}, sabotage = {} }: Case,
  planted: Map<string, Bug>,
): Promise<{ readonly seed: number; readonly invariant: Invariant } | null> {
  for (const [name, bug] of Object.entries(functions)) planted.set(name, bug);
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { violation } = await simulate(drawScenario(seed), { sabotage });
    if (violation !== null) return { seed, invariant: violation.invariant };
  }
  return null;
}
