import { describe, expect, it } from "vitest";
import { drawScenario } from "./draw.ts";
import { shrink, report } from "./shrink.ts";
import { simulate } from "./simulate.ts";

const SEEDS = 2_000;
/** Few, so that a test of them is over long before one that hangs is ended, on any machine. */
const SEEDS_A_TEST = 50;

describe("storms of faults drawn from a seed break no promise", () => {
  const firsts = Array.from({ length: SEEDS / SEEDS_A_TEST }, (_, at) => at * SEEDS_A_TEST + 1);
  it.each(firsts)(`seeds from %i, ${SEEDS_A_TEST} of them`, async (first) => {
    const broken: string[] = [];
    for (let seed = first; seed < first + SEEDS_A_TEST; seed += 1) {
      const scenario = drawScenario(seed);
      const outcome = await simulate(scenario);
      if (outcome.violation !== null) broken.push(report(seed, await shrink(scenario, outcome)));
    }
    expect(broken).toEqual([]);
  });
});

describe("a seed", () => {
  it.each([3, 14, 15, 92])("%i has the same course every time", async (seed) => {
    expect(await courseOf(seed)).toEqual(await courseOf(seed));
  });
});

/** Everything logged with its virtual time, and all rows that are left. */
async function courseOf(seed: number) {
  const lines: string[] = [];
  const { world, counts, injected } = await simulate(drawScenario(seed), {
    wrap: (ports, { clock }) => ({
      ...ports,
      log: (_, event, fields) => {
        lines.push(`${clock.nowMs()} ${event} ${JSON.stringify(fields)}`);
      },
    }),
  });
  return { lines, counts, injected, rows: world.memory.rows() };
}
