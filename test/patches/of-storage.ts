import type { Patch } from "./patch.ts";

/** Bugs in the rows of a sequence, and in the storage under them. */
export const OF_STORAGE: readonly Patch[] = [
  {
    name: "ignores ETags",
    file: "local/memory/ledger.ts",
    snippet: 'return change.etag === "*" || change.etag === row.etag ? null : "changed";',
    replacement: "return null;",
    caughtBy: { breaks: ["moves", "rows", "holding", "window", "run", "once", "gate"], seed: 11 },
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
    caughtBy: { breaks: ["rows", "kept"], seed: 1 },
  },
  {
    name: "begins its rows for an offline machine in the lane they are of",
    file: "shared/ledger/sequence/sequence.ts",
    snippet: "return { lane: OFFLINE_LANE, pass: lane * PASSES + pass };",
    replacement: "return { lane, pass };",
    caughtBy: { breaks: ["rows"], seed: 81 },
  },
  {
    name: "drops the fields of a row that it does not know",
    file: "shared/ledger/row/row-object.ts",
    snippet: "return z.looseObject(shape);",
    replacement: "return z.object(shape);",
    caughtBy: { breaks: ["narrowed"], seed: 2 },
  },
  {
    name: "makes a session anew, whatever stood there",
    file: "shared/limits/pace/budget.ts",
    snippet: "sessions: [...others, renewed(before, session)]",
    replacement: "sessions: [...others, session]",
    caughtBy: { breaks: ["narrowed"], seed: 37 },
  },
  {
    name: "ends its work at the first row of another version",
    file: "shared/store/set-aside.ts",
    snippet: "if (!(came instanceof SetAside)) return came;",
    replacement: "if (!(came instanceof SetAside)) return came;\n  throw came;",
    caughtBy: { breaks: ["reasonless"], seed: 4 },
  },
  {
    name: "throws at a list with a row of another version in it",
    file: "shared/ledger/row/set-aside.ts",
    snippet: "else aside.push(new SetAside(row.key, whyUnreadable(row.body, read.error)));",
    replacement: "else throw new Error(`${row.key} is of another version`);",
    caughtBy: { breaks: ["reasonless"], seed: 90 },
  },
  {
    name: "takes a sequence of another version for one that is gone",
    file: "shared/workflow/submit/load-chosen.ts",
    snippet: "if (record instanceof SetAside) throw record;",
    replacement: `if (record instanceof SetAside) {
        const row = await ports.ledger.read(key);
        if (row !== null) await ports.ledger.commit([{ op: "delete", key, etag: row.etag }]);
        return "no";
      }`,
    caughtBy: { test: "test/store/set-aside.test.ts" },
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
