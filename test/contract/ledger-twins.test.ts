import * as fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { createMemoryLedger } from "../../local/memory/ledger.ts";
import { createLedgerTable } from "../../shared/azure/ledger-table.ts";
import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { CommitOutcome, Ledger } from "../../shared/ports.ts";
import { takeAccount } from "../azurite-account.ts";

/** A change as drawn: its ETag is looked up in each ledger, for theirs are never the same. */
interface DrawnChange {
  readonly op: RowChange["op"];
  readonly key: string;
  readonly body: number;
  readonly etag: "current" | "former" | "any";
}

const drawnChange: fc.Arbitrary<DrawnChange> = fc.record({
  op: fc.constantFrom("insert", "replace", "upsert", "delete"),
  key: fc.constantFrom("a", "b!1", "b.1", "b!2", "c"),
  body: fc.nat(),
  etag: fc.constantFrom("current", "current", "current", "former", "any"),
});
const drawnCommits = fc.array(
  fc.uniqueArray(drawnChange, { selector: ({ key }) => key, minLength: 1, maxLength: 4 }),
  { minLength: 1, maxLength: 12 },
);

let connectionString = "";
let tables = 0;
beforeAll(() => {
  connectionString = takeAccount();
});

it("the ledgers in memory and in Azurite answer any course of commits alike", async () => {
  await fc.assert(
    fc.asyncProperty(drawnCommits, async (commits) => {
      const inMemory = await courseOf(createMemoryLedger(), commits);
      expect(await courseOf(openTable(), commits)).toEqual(inMemory);
    }),
    { numRuns: 40, seed: 20_261_121 },
  );
});

/** What the commits come to, one after the other, and what is left; without ETags. */
async function courseOf(ledger: Ledger, commits: readonly DrawnChange[][]) {
  const former = new Map<string, string>();
  const current = new Map<string, string>();
  const outcomes: unknown[] = [];
  for (const drawn of commits) {
    const outcome = await ledger.commit(drawn.map((change) => resolved(change, current, former)));
    outcomes.push(outcome.kind === "committed" ? outcome.kind : outcome);
    remember(outcome, current, former);
  }
  const rows = await ledger.list("a", "z", 10);
  return { outcomes, rows: rows.map(({ key, body }) => ({ key, body })) };
}

/** An ETag that was never there is one of no row of ours; both ledgers take it for a stale one. */
const NEVER = "W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\"";

function resolved(
  { op, key, body, etag }: DrawnChange,
  current: ReadonlyMap<string, string>,
  former: ReadonlyMap<string, string>,
): RowChange {
  if (op === "insert" || op === "upsert") return { op, key, body };
  const meant = { current: current.get(key), former: former.get(key), any: "*" }[etag] ?? NEVER;
  return op === "replace" ? { op, key, body, etag: meant } : { op, key, etag: meant };
}

function remember(
  outcome: CommitOutcome,
  current: Map<string, string>,
  former: Map<string, string>,
): void {
  if (outcome.kind === "conflict") return;
  for (const [key, etag] of outcome.etags) {
    former.set(key, current.get(key) ?? NEVER);
    current.set(key, etag);
  }
}

function openTable(): Ledger {
  tables += 1;
  return createLedgerTable({
    access: { kind: "connectionString", connectionString },
    tableName: `twin${tables}`,
    partition: "scope",
    observe: () => undefined,
    monotonicMs: () => performance.now(),
  });
}
