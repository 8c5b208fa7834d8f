import { defineConfig } from "vitest/config";

/** The tests that mutants of the pure floors have to get past: those of the two folders alone. */
export default defineConfig({
  test: {
    include: ["test/{limits,ledger}/*.test.ts"],
    setupFiles: ["test/mutation/no-shrinking.ts"],
    testTimeout: 300_000,
  },
});
