/** Mutants of the pure floors; `npm run mutate`, and docs/mutation.md for what came of it. */
export default {
  mutate: ["shared/limits/**/*.ts", "shared/ledger/**/*.ts", "shared/access/caps.ts"],
  testRunner: "vitest",
  vitest: { configFile: "test/mutation/vitest.config.ts", related: false },
  plugins: ["@stryker-mutator/vitest-runner"],
  // Words that decide something are types, so the compiler sees them; the others are for people.
  mutator: { excludedMutations: ["StringLiteral"] },
  coverageAnalysis: "perTest",
  reporters: ["progress-append-only", "clear-text", "json"],
  jsonReporter: { fileName: ".lrq/mutation/report.json" },
  tempDirName: ".lrq/mutation/sandbox",
  tsconfigFile: "none",
  ignorePatterns: ["dist", ".lrq", "docs", "bench"],
  concurrency: 2,
  ignoreStatic: true,
  incremental: true,
  incrementalFile: ".lrq/mutation/incremental.json",
};
