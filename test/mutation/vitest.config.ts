import { defineConfig } from "vitest/config";

/** The tests that mutants of the pure floors have to get past: theirs, and those one floor up. */
export default defineConfig({
  test: {
    include: ["test/{limits,ledger,store,workflow}/**/*.test.ts"],
    // It runs whole days on a bench, and shows nothing that the others do not.
    exclude: ["test/workflow/poll/poll-timer.test.ts"],
    setupFiles: ["test/mutation/no-shrinking.ts"],
    testTimeout: 300_000,
  },
});
