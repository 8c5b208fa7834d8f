import { describe, expect, it } from "vitest";
import { ALL_PATCHES } from "./all.ts";
import { isSimulated } from "./patch.ts";
import { firstFound, SEEDS } from "./simulated.ts";

const PATCHES = ALL_PATCHES.filter(isSimulated).map((each) => [each.name, each] as const);

// Each in a worker of its own, some at once.
describe.concurrent(`the simulation finds, within ${SEEDS} seeds, one that`, () => {
  it.for(PATCHES)("%s", async ([, patch], { annotate, signal }) => {
    const found = await firstFound(patch, signal);
    expect(found).not.toBeNull();
    // Shown by the verbose reporter: a seed worth noting in the patch, if it is not the one there.
    await annotate(`seed ${found?.seed} breaks "${found?.invariant}": ${found?.detail}`);
    expect(patch.caughtBy.breaks).toContain(found?.invariant);
  });
});
