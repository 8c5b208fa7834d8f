import { parseArgs } from "node:util";
import { drawScenario } from "./draw.ts";
import { keepRows } from "./keep-rows.ts";
import { planIn, shrink, report } from "./shrink.ts";
import { simulate } from "./simulate.ts";
import type { Wrap } from "./world.ts";

/** A line now and then on long runs. */
const SEEDS_PER_LINE = 1_000;

/**
 * `npm run simulate -- --seeds 1000 --from 1` runs many seeds and tells of each that breaks a
 * promise; `--seed 7 --trace` runs one again and shows what the workflows logged; `--faults` gives
 * it exactly these. `--keep-rows FOLDER --seeds 150` keeps ledgers as fixtures.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "1000" },
      from: { type: "string", default: "1" },
      seed: { type: "string" },
      faults: { type: "string" },
      trace: { type: "boolean", default: false },
      "keep-rows": { type: "string" },
    },
  });
  if (values.seed !== undefined) {
    return await replay(Number(values.seed), values.faults ?? null, values.trace);
  }
  const from = Number(values.from);
  const seeds = Number(values.seeds);
  const folder = values["keep-rows"];
  if (folder === undefined) return await many(from, seeds);
  await keepRows(
    folder,
    Array.from({ length: seeds }, (_, place) => from + place),
  );
}

async function many(from: number, count: number): Promise<void> {
  const startedAtMs = performance.now();
  let broken = 0;
  let virtualMs = 0;
  for (let seed = from; seed < from + count; seed += 1) {
    const scenario = drawScenario(seed);
    const outcome = await simulate(scenario);
    virtualMs += outcome.virtualMs;
    if (outcome.violation !== null) {
      broken += 1;
      print(report(seed, await shrink(scenario, outcome)));
    }
    const done = seed - from + 1;
    if (done % SEEDS_PER_LINE === 0 || done === count) {
      const perSeedMs = (performance.now() - startedAtMs) / done;
      const days = (virtualMs / 86_400_000).toFixed(1);
      print(
        `${done} seeds, ${days} virtual days, ${perSeedMs.toFixed(1)} ms each, ${broken} broken`,
      );
    }
  }
  process.exitCode = broken === 0 ? 0 : 1;
}

async function replay(seed: number, faults: string | null, trace: boolean): Promise<void> {
  const exactly = faults === null ? {} : { exactly: planIn(faults) };
  const { violation, injected, counts } = await simulate(drawScenario(seed), {
    ...exactly,
    ...(trace ? { wrap: traced } : {}),
  });
  print(JSON.stringify(counts));
  print(violation === null ? "nothing broke" : report(seed, { faults: injected, violation }));
  process.exitCode = violation === null ? 0 : 1;
}

/** The workflows' own log, with virtual time since the start. */
const traced: Wrap = (ports, { clock, startMs }) => ({
  ...ports,
  log: (level, event, fields = {}) => {
    const atSeconds = ((clock.nowMs() - startMs) / 1_000).toFixed(1).padStart(7);
    print(`${atSeconds} ${level} ${event} ${JSON.stringify(fields)}`);
  },
});

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
