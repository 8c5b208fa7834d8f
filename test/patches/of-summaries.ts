import type { Patch } from "./patch.ts";

/** Bugs in what lists say of runs. */
export const OF_SUMMARIES: readonly Patch[] = [
  {
    name: "does not write the summary of a run that finishes",
    file: "shared/ledger/run/run-changes.ts",
    snippet: "...summaryRows(run, wasRunning),",
    replacement: "...(run.finishedAtMs === null ? summaryRows(run, wasRunning) : []),",
    caughtBy: { breaks: ["listed"], seed: 1 },
  },
  {
    name: "does not count how the sequences of a run end",
    file: "shared/store/change-sequence.ts",
    snippet: "tally: withMoved(run.value.tally, before.value, after)",
    replacement: "tally: run.value.tally",
    caughtBy: { breaks: ["listed"], seed: 1 },
  },
  {
    name: "goes on counting a failure that a retry has made good",
    file: "shared/ledger/run/tally.ts",
    snippet: "return mendedTo(mendedTo({ ...each, ended }, before, -1), after, 1);",
    replacement: "return { ...each, ended };",
    caughtBy: { breaks: ["listed"], seed: 6 },
  },
  {
    name: "leaves out of a machine's history what ended in the line",
    file: "shared/ledger/sequence/history.ts",
    snippet: 'return state !== "waiting" || attempts > 0 || attempt > 0;',
    replacement: "return attempts > 0 || attempt > 0;",
    caughtBy: { breaks: ["history"], seed: 1 },
  },
  {
    name: "takes the summary of an older version for right",
    file: "shared/ledger/run/summary.ts",
    snippet: "return run.summary !== null && run.summary.hash === summarized(run).hash;",
    replacement: "return run.summary !== null;",
    caughtBy: { test: "test/store/mend-summaries.test.ts" },
  },
  {
    name: "does not bring back a row among the running ones that was lost",
    file: "shared/store/mend-summaries.ts",
    snippet: "const isListed = running?.has(key) ?? isRunning;",
    replacement: "const isListed = isRunning;",
    caughtBy: { test: "test/store/mend-summaries.test.ts" },
  },
];
