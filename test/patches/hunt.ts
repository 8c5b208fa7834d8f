import { parentPort } from "node:worker_threads";
import { drawScenario } from "../simulation/draw.ts";
import { simulate } from "../simulation/simulate.ts";

/**
 * Runs in a worker that has the simulation with a bug in it: one of the given seeds after the
 * other, until a promise is broken, which it tells.
 */
async function hunt(seeds: readonly number[]): Promise<void> {
  for (const seed of seeds) {
    const { violation } = await simulate(drawScenario(seed));
    if (violation === null) continue;
    parentPort?.postMessage({ seed, ...violation }, []);
    return;
  }
}

void hunt(process.argv.slice(2).map(Number));
