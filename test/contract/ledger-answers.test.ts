import { afterEach, expect, it } from "vitest";
import { createLedgerTable } from "../../shared/azure/ledger-table.ts";
import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import { startScriptedTable, type PartAnswer, type ScriptedTable } from "./table-answers.ts";

/** What Azurite does not show of the real service: its answers in the wording of its reference. */
const CHANGES: RowChange[] = [
  { op: "insert", key: "a!1", body: 1 },
  { op: "delete", key: "b!2", etag: "W/\"datetime'b'\"" },
  { op: "replace", key: "c!3", body: 3, etag: "W/\"datetime'c'\"" },
];

const open: ScriptedTable[] = [];
afterEach(() => {
  for (const table of open.splice(0)) table.close();
});

it.each([
  ["EntityAlreadyExists", "409 Conflict", "0:The specified entity already exists.", 0, "exists"],
  ["ResourceNotFound", "404 Not Found", "1:The specified resource does not exist.", 1, "absent"],
  [
    "UpdateConditionNotSatisfied",
    "412 Precondition Failed",
    "2:The update condition specified in the request was not satisfied.",
    2,
    "changed",
  ],
] as const)("%s is told with the key it is about", async (code, status, message, index, why) => {
  const { ledger } = await openLedger([failure(code, status, message)]);
  const key = CHANGES[index]?.key;
  expect(await ledger.commit(CHANGES)).toEqual({ kind: "conflict", key, why });
});

it("a conflict whose message names no operation is told without a key", async () => {
  const answer = failure("EntityAlreadyExists", "409 Conflict", "The entity already exists.");
  const { ledger } = await openLedger([answer]);
  expect(await ledger.commit(CHANGES)).toEqual({ kind: "conflict", key: null, why: "exists" });
});

it("an error that is no conflict throws", async () => {
  const answer = failure("InvalidInput", "400 Bad Request", "1:One of the inputs is not valid.");
  const { ledger } = await openLedger([answer]);
  await expect(ledger.commit(CHANGES)).rejects.toThrow("One of the inputs is not valid.");
});

it("ETags are taken from answers that do not name their rows", async () => {
  const { ledger } = await openLedger([
    {
      status: "204 No Content",
      headers: [
        "Location: https://scripted.table.core.windows.net/ledger(PartitionKey='s',RowKey='a%211')",
        "ETag: W/\"datetime'1'\"",
      ],
    },
    { status: "204 No Content" },
    { status: "204 No Content", headers: ["ETag: W/\"datetime'3'\""] },
  ]);
  const etags = new Map([
    ["a!1", "W/\"datetime'1'\""],
    ["c!3", "W/\"datetime'3'\""],
  ]);
  expect(await ledger.commit(CHANGES)).toEqual({ kind: "committed", etags });
});

it.each([
  ["fewer answers than changes", [{ status: "204 No Content", headers: ['ETag: "1"'] }]],
  ["an error without a body", [{ status: "500 Internal Server Error" }]],
  ["a write without an ETag", CHANGES.map(() => ({ status: "204 No Content" }))],
])("%s are no commit", async (_name, answers) => {
  const { ledger } = await openLedger(answers);
  await expect(ledger.commit(CHANGES)).rejects.toThrow("the table service");
});

it("every delete is sent with the ETag of its own row", async () => {
  const { ledger, table } = await openLedger([
    failure("EntityAlreadyExists", "409 Conflict", "0:The specified entity already exists."),
  ]);
  const keys = ["x!1", "it's.2", "a|b", "x!10"];
  await ledger.commit(keys.map((key) => ({ op: "delete", key, etag: `W/"of ${key}"` })));
  const sent = [...(table.bodies[0] ?? "").matchAll(/RowKey='(\S+)'\)[^]*?If-Match: (.+)/g)];
  expect(sent.map(([, key = "", etag]) => [decodeURIComponent(key), etag])).toEqual([
    ["x!1", 'W/"of x!1"'],
    ["it''s.2", 'W/"of it\'s.2"'],
    ["a|b", 'W/"of a|b"'],
    ["x!10", 'W/"of x!10"'],
  ]);
});

it.each([500, 503])("a commit that is answered %i is not sent again", async (status) => {
  // A second try of a commit that was applied after all would meet its own write.
  const { ledger, table } = await openLedger([], status);
  await expect(ledger.commit(CHANGES)).rejects.toMatchObject({ statusCode: status });
  expect(table.bodies).toHaveLength(1);
});

async function openLedger(parts: readonly PartAnswer[], status?: number) {
  const table = await startScriptedTable(parts, status);
  open.push(table);
  const ledger = createLedgerTable({
    access: { kind: "connectionString", connectionString: table.connectionString },
    tableName: "ledger",
    partition: "scope",
    observe: () => undefined,
    monotonicMs: () => performance.now(),
  });
  return { ledger, table };
}

function failure(code: string, status: string, message: string): PartAnswer {
  const value = `${message}\nRequestId:a6253244-7e21-42a8-a149-479ee9e94a25\nTime:2026-11-21T18:00:00Z`;
  return {
    status,
    headers: ["Content-Type: application/json;odata=minimalmetadata;streaming=true;charset=utf-8"],
    body: JSON.stringify({ "odata.error": { code, message: { lang: "en-US", value } } }),
  };
}
