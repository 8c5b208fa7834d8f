import type { Patch } from "./patch.ts";

/** Bugs in how runs are sealed. */
export const OF_SEALS: readonly Patch[] = [
  {
    name: "seals a run before its last entry",
    file: "shared/ledger/run/seal.ts",
    snippet: "return run.finishedAtMs !== null && !isSealed(run);",
    replacement: "return !isSealed({ ...run, finishedAtMs: 0 });",
    caughtBy: { breaks: ["sealed"], seed: 1 },
  },
  {
    name: "seals no run anew that has grown",
    file: "shared/ledger/run/seal.ts",
    snippet: "return { ...after, sealAsked: nextSeal(after) };",
    replacement: "return { ...after, sealAsked: 1 };",
    caughtBy: { breaks: ["sealed"], seed: 6 },
  },
  {
    name: "asks for no seal again when the run has grown before it was sealed",
    file: "shared/store/seal-run.ts",
    snippet: "if (isNotOver && stored !== null && left !== null) stageRecall(tx, stored, left);",
    replacement: "",
    caughtBy: { breaks: ["sealed"], seed: 201 },
  },
  {
    name: "names no seal before the one it writes",
    file: "shared/evidence/statement.ts",
    snippet: "const previous = run.seal?.hash ?? FIRST_HEAD.head;",
    replacement: "const previous = FIRST_HEAD.head;",
    caughtBy: { breaks: ["sealed"], seed: 6 },
  },
  {
    name: "never looks at the runs that are over",
    file: "shared/workflow/poll/poll.ts",
    snippet: "  await sealRuns(ports, outstanding);\n",
    replacement: "",
    caughtBy: { breaks: ["ends"], seed: 1 },
  },
  {
    name: "seals nothing anew when results come that were asked for again",
    file: "shared/store/change-sequence.ts",
    snippet: "return isFinished(before) && owesResults(before) && !owesResults(after);",
    replacement: "return false;",
    caughtBy: { test: "test/store/seal-run.test.ts" },
  },
  {
    name: "shows what every try to write a large seal has left",
    file: "shared/workflow/view/read-seals.ts",
    snippet: "const text = of.get(named) ?? of.get(null);",
    replacement: 'const text = named === "" ? of.get(null) : [...of.values()].join("");',
    caughtBy: { test: "test/store/seal-run-large.test.ts" },
  },
  {
    name: "seals what it cannot read as if it were not there",
    file: "shared/store/seal-run.ts",
    snippet: 'if (as === "seal" && unreadable !== undefined) throw unreadable;',
    replacement: "void unreadable;",
    caughtBy: { test: "test/store/seal-run.test.ts" },
  },
  {
    name: "links no decision of those that are moved together",
    file: "shared/workflow/poll/move-together.ts",
    snippet: "const linked = withDecisions(before.value, after, written);",
    replacement: "const linked = withDecisions(before.value, after, { ...written, records: [] });",
    caughtBy: { breaks: ["sealed"], seed: 3 },
  },
  {
    name: "calls a chain complete although an older version has decided",
    file: "shared/ledger/sequence/decisions.ts",
    snippet: "return linkedFrom !== null && linkedFrom <= decisions.last;",
    replacement: "return linkedFrom !== null;",
    caughtBy: { breaks: ["sealed"], seed: 13 },
  },
  {
    name: "begins a chain after an older version has claimed the sequence",
    file: "shared/ledger/sequence/decisions.ts",
    snippet: "return part + attempts + impersonations.length === 0;",
    replacement: "return part + attempts + impersonations.length >= 0;",
    caughtBy: { breaks: ["sealed"], seed: 13 },
  },
  {
    name: "seals with an end of the queue's log that it read long before",
    file: "shared/store/seal-run.ts",
    snippet: "const named = [budgetChange(budget, budget.value), ...runChanges(before, sealed)];",
    replacement: "const named = runChanges(before, sealed);",
    caughtBy: { test: "test/store/seal-run.test.ts" },
  },
];
