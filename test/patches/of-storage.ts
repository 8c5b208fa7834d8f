import type { Patch } from "./patch.ts";

/** Bugs in the rows of a sequence, and in the storage under them. */
export const OF_STORAGE: readonly Patch[] = [
  {
    name: "ignores ETags",
    file: "local/memory/ledger.ts",
    snippet: 'return change.etag === "*" || change.etag === row.etag ? null : "changed";',
    replacement: "return null;",
    caughtBy: { breaks: ["moves", "rows", "holding", "window", "run", "once", "gate"], seed: 1 },
  },
  {
    name: "deletes rows before it writes the record",
    file: "test/simulation/ports.ts",
    snippet: "async () => await ledger.commit(changes),",
    replacement: `async () => {
        const deletions = changes.filter((each) => each.op === "delete");
        const others = changes.filter((each) => each.op !== "delete");
        if (deletions.length === 0 || others.length === 0) return await ledger.commit(changes);
        const first = await ledger.commit(deletions);
        return first.kind === "committed" ? await ledger.commit(others) : first;
      },`,
    caughtBy: { breaks: ["rows"], seed: 1 },
  },
  {
    name: "begins its rows for an offline machine in the lane they are of",
    file: "shared/ledger/sequence.ts",
    snippet: "return { lane: OFFLINE_LANE, pass: lane * PASSES + pass };",
    replacement: "return { lane, pass };",
    caughtBy: { breaks: ["rows"], seed: 16 },
  },
  {
    name: "lets the client of the tables send a commit again",
    file: "shared/azure/ledger-table.ts",
    snippet: "const writer = openTable(options, deletes.policy, 0);",
    replacement: "const writer = openTable(options, deletes.policy, READ_RETRIES);",
    caughtBy: { test: "test/contract/ledger-answers.test.ts" },
  },
  {
    name: "takes a conflict without a key for one with the first row",
    file: "shared/azure/ledger-table.ts",
    snippet: "return index === undefined ? -1 : Number(index);",
    replacement: "return index === undefined ? 0 : Number(index);",
    caughtBy: { test: "test/contract/ledger-answers.test.ts" },
  },
];
