import { defineConfig } from "vitest/config";
import type { Reporter, TestModule } from "vitest/node";

/*
 * For `tested.ts`: its root is a folder of bundles, each a test file with the program that it is
 * about, and it reads from the standard output what came of each.
 */
export default defineConfig({
  test: {
    reporters: [telling()],
    include: ["*.test.mjs"],
    exclude: [],
    pool: "forks",
    maxWorkers: 2,
    // A bundle has all its modules to itself.
    isolate: false,
  },
});

/** A line for each file: which tests failed. */
function telling(): Reporter {
  return {
    onTestModuleEnd: (module: TestModule) => {
      const tests = [...module.children.allTests()];
      const failed = tests.filter((each) => each.result().state === "failed");
      const outcome = {
        file: module.moduleId,
        failed: failed.map(({ fullName }) => fullName),
        errors: module.errors().map(({ message }) => message),
      };
      process.stdout.write(`${JSON.stringify(outcome)}\n`);
    },
  };
}
