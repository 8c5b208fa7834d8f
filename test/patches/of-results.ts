import type { Patch } from "./patch.ts";

/** Bugs in how results are fetched and sealed. */
export const OF_RESULTS: readonly Patch[] = [
  {
    name: "believes bytes stored that are not",
    file: "local/memory/evidence.ts",
    snippet: "stored.set(path, Uint8Array.from(Buffer.concat(chunks)));",
    replacement: "",
    caughtBy: { breaks: ["evidence", "reasonless"], seed: 1 },
  },
  {
    name: "loses the bell for results every time",
    file: "test/simulation/ports.ts",
    snippet: "act: () => world.queue.ringCollect(sequenceId, delayMs),",
    replacement: "act: async () => {},",
    caughtBy: { breaks: ["ends"], seed: 1 },
  },
  {
    name: "never rings again for results that nobody fetched",
    file: "shared/workflow/poll/poll.ts",
    snippet: "await repairOwed(ports, limits, outstanding);\n  const gatesChanged",
    replacement: "const gatesChanged",
    caughtBy: { breaks: ["ends"], seed: 39 },
  },
  {
    name: "owes results of a PutFile, which has none",
    file: "shared/ledger/sequence/progress.ts",
    snippet: '.filter((each) => each.type !== "PutFile" && each.status !== "Created")',
    replacement: '.filter((each) => each.status !== "Created")',
    caughtBy: { test: "test/ledger/sequence/conclude.test.ts" },
  },
  {
    name: "seals a result without a custody entry",
    file: "shared/workflow/collect/collect.ts",
    snippet: 'tx.stage([{ op: "insert", key: custodyKey(runId, entry.number), body: entry }]);',
    replacement: "",
    caughtBy: { test: "test/workflow/collect/collect.test.ts" },
  },
  {
    name: "seals what lies there with the hash of what it downloaded now",
    file: "shared/workflow/collect/fetch-result.ts",
    snippet: "return described(wanted, path, servedName, await digested(there.content, named));",
    replacement: "return described(wanted, path, servedName, flowing.result());",
    caughtBy: { test: "test/workflow/collect/collect.test.ts" },
  },
  {
    name: "does not count a second link of the same try",
    file: "shared/workflow/collect/fetch-result.ts",
    snippet: 'if (!(await spendRead(ports, limits, "link"))) return { kind: "noBudget" };',
    replacement:
      'if (!lastChance && !(await spendRead(ports, limits, "link"))) return { kind: "noBudget" };',
    caughtBy: { test: "test/workflow/collect/collect.test.ts" },
  },
];
