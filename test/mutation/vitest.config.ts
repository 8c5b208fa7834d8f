import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const NEAREST = /\/test\/(limits|ledger)\//;

/** A mutant's own tests are quick, and most often fail with it; those one floor up come last. */
class NearestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => distance(a) - distance(b));
  }
}

function distance({ moduleId }: TestSpecification): number {
  return NEAREST.test(moduleId) ? 0 : 1;
}

/** The tests that mutants of the pure floors have to get past: theirs, and those one floor up. */
export default defineConfig({
  test: {
    include: ["test/{limits,ledger,store,workflow}/**/*.test.ts"],
    setupFiles: ["test/mutation/no-shrinking.ts", "test/mutation/read-unchanged.ts"],
    testTimeout: 300_000,
    // Loading all modules anew for each file took longer than the tests.
    isolate: false,
    sequence: { sequencer: NearestFirst },
  },
});
