import { defineConfig } from "vitest/config";
import type { Reporter, TestModule } from "vitest/node";
import { ALL_PATCHES } from "./all.ts";
import { isTested, patched, pathOf, type TestedPatch } from "./patch.ts";

/*
 * One project for each bug that a named test file has to catch: that file alone, on a program with
 * the bug in it. `tested.ts` runs them, and reads what came of each from the standard output.
 */
export default defineConfig({
  test: {
    reporters: [telling()],
    projects: ALL_PATCHES.filter(isTested).map((patch) => ({
      plugins: [planting(patch)],
      test: { name: patch.name, include: [patch.caughtBy.test], pool: "forks" as const },
    })),
  },
});

/** A file is changed on its way to the tests; what stands in the working tree stays as it is. */
function planting(patch: TestedPatch) {
  const path = pathOf(patch);
  return {
    name: "planting",
    enforce: "pre" as const,
    load: (id: string) => (id === path ? patched(patch) : null),
  };
}

/** A line for each bug: how many tests ran, and which failed. */
function telling(): Reporter {
  return {
    onTestModuleEnd: (module: TestModule) => {
      const tests = [...module.children.allTests()];
      const failed = tests.filter((each) => each.result().state === "failed");
      const names = failed.map(({ fullName }) => fullName);
      const errors = module.errors().map(({ message }) => message);
      const outcome = { patch: module.project.name, tests: tests.length, failed: names, errors };
      process.stdout.write(`${JSON.stringify(outcome)}\n`);
    },
  };
}
