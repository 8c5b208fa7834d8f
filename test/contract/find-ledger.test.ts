import { beforeAll, describe, expect, it } from "vitest";
import { createLedgerTable } from "../../shared/azure/ledger-table.ts";
import { runKey } from "../../shared/ledger/row/keys.ts";
import type { Ledger } from "../../shared/ports.ts";
import { takeAccount } from "../azurite-account.ts";

const ROW = { op: "insert", key: runKey("a"), body: { v: 1 } } as const;

let connectionString = "";
let tables = 0;
beforeAll(() => {
  connectionString = takeAccount();
});

/** A new table, as apps with these settings open it, one after the other. */
function newTable(): (partition: string) => Ledger {
  tables += 1;
  const tableName = `found${tables}`;
  return (partition) =>
    createLedgerTable({
      access: { kind: "connectionString", connectionString },
      tableName,
      partition,
      observe: () => undefined,
      monotonicMs: () => performance.now(),
    });
}

describe("the ledger of a tenant", () => {
  it("is kept when the app gets another identity", async () => {
    const open = newTable();
    await open("tenant|app").commit([ROW]);
    const later = open("tenant|its-identity");
    expect(await later.read(ROW.key)).toMatchObject({ body: ROW.body });
    await later.commit([{ ...ROW, key: runKey("b") }]);
    expect(await open("tenant|app").read(runKey("b"))).not.toBeNull();
    expect(await open("tenant|third").list("run!", 'run"', 9)).toHaveLength(2);
  });

  it("is never that of another, whose name begins or ends like it", async () => {
    const open = newTable();
    for (const partition of ["tenant2|app", "a-tenant|app", "tenant.|app", "tenan|app"]) {
      await open(partition).commit([ROW]);
    }
    expect(await open("tenant|app").read(ROW.key)).toBeNull();
  });

  it("is the named one, where an earlier version began a second beside it", async () => {
    const open = newTable();
    const [first, second] = [open("tenant|a"), open("tenant|b")];
    expect(await second.read(ROW.key)).toBeNull();
    await first.commit([ROW]);
    await second.commit([{ ...ROW, body: { v: 1, second: true } }]);
    expect(await open("tenant|a").read(ROW.key)).toMatchObject({ body: { v: 1 } });
    expect(await open("tenant|b").read(ROW.key)).toMatchObject({ body: { second: true } });
    const why = /tenant\|a, tenant\|b.*DEFENDER_CLIENT_ID/;
    await expect(open("tenant|c").read(ROW.key)).rejects.toThrow(why);
  });
});
