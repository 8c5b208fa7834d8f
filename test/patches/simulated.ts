import { Worker } from "node:worker_threads";
import { z } from "zod";
import { INVARIANTS, type Invariant } from "../simulation/invariants.ts";
import { bundleWith } from "./bundle.ts";
import type { SimulatedPatch } from "./patch.ts";

/** Every bug that the simulation has to catch is found within so many. */
export const SEEDS = 1_000;

const HUNT = { file: "test/patches/hunt.ts", format: "cjs" } as const;

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
 * Runs the simulation with the bug in it, in a worker, its own seed first, until a promise is
 * broken; null if none is within `SEEDS`. Throws if the worker does.
 */
export async function firstFound(
  patch: SimulatedPatch,
  signal: AbortSignal,
): Promise<Found | null> {
  const { seed } = patch.caughtBy;
  const others = Array.from({ length: SEEDS }, (_, at) => at + 1).filter((each) => each !== seed);
  const code = await bundleWith(patch, HUNT);
  const worker = new Worker(code, { eval: true, argv: [seed, ...others] });
  // A bug can make it run for ever.
  signal.addEventListener("abort", () => void worker.terminate());
  return await new Promise((resolve, reject) => {
    worker.once("message", (message) => resolve(foundSchema.parse(message)));
    worker.once("error", reject);
    worker.once("exit", () => resolve(null));
  });
}
