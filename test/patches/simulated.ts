import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { build, type Plugin } from "esbuild";
import { z } from "zod";
import { INVARIANTS, type Invariant } from "../simulation/invariants.ts";
import { patched, pathOf, type Patch, type SimulatedPatch } from "./patch.ts";

/** Every bug that the simulation has to catch is found within so many. */
export const SEEDS = 1_000;

/** The first seed that showed the bug, and the promise it broke. */
export interface Found {
  readonly seed: number;
  readonly invariant: Invariant;
  readonly detail: string;
}

const foundSchema = z.object({
  seed: z.number(),
  invariant: z.string().refine((text): text is Invariant => text in INVARIANTS),
  detail: z.string(),
});

/**
 * Runs the simulation with the bug in it, its own seed first, until a promise is broken; null if
 * none is within `SEEDS`. Nothing is written: the file is changed on its way into a bundle, which
 * runs in a worker. Throws if the worker does.
 */
export async function firstFound(
  patch: SimulatedPatch,
  signal: AbortSignal,
): Promise<Found | null> {
  const { seed } = patch.caughtBy;
  const others = Array.from({ length: SEEDS }, (_, at) => at + 1).filter((each) => each !== seed);
  const code = await bundleWith(patch);
  const worker = new Worker(code, { eval: true, argv: [seed, ...others] });
  // A bug can make it run for ever.
  signal.addEventListener("abort", () => void worker.terminate());
  return await new Promise((resolve, reject) => {
    worker.once("message", (message) => resolve(foundSchema.parse(message)));
    worker.once("error", reject);
    worker.once("exit", () => resolve(null));
  });
}

async function bundleWith(patch: Patch): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("hunt.ts", import.meta.url))],
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    // They need no bug, and a bundle without them is made in half the time.
    packages: "external",
    write: false,
    logLevel: "silent",
    plugins: [planting(patch)],
  });
  return outputFiles[0]?.text ?? "";
}

function planting(patch: Patch): Plugin {
  const path = pathOf(patch);
  return {
    name: "planting",
    setup: (making) => {
      let isPlanted = false;
      making.onLoad({ filter: /\.ts$/ }, (file) => {
        if (file.path !== path) return null;
        isPlanted = true;
        return { contents: patched(patch), loader: "ts" };
      });
      making.onEnd(() => {
        if (!isPlanted) throw new Error(`The simulation does not use ${patch.file}.`);
      });
    },
  };
}
