import { describe, expect, it } from "vitest";
import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { Ledger } from "../../shared/ports.ts";
import type { OpenedLedger } from "./opened-ledger.ts";

/** What one commit may hold, and what it gives. */
export function commitContract(open: () => OpenedLedger): void {
  describe("commits", () => {
    mixedTests(open);
    etagTests(open);
    refusalTests(open);
  });
}

function mixedTests(open: () => OpenedLedger): void {
  it("inserts, replaces and deletes in one commit, in any order", async () => {
    const { ledger } = open();
    await ledger.commit(["a", "b", "c", "d"].map((key) => insert(key, "old")));
    const etag = await etagAt(ledger, "c");
    const outcome = await ledger.commit([
      { op: "delete", key: "d", etag: "*" },
      insert("e", "new"),
      { op: "replace", key: "a", body: "new", etag: "*" },
      { op: "delete", key: "c", etag },
      { op: "replace", key: "b", body: "new", etag: await etagAt(ledger, "b") },
      insert("f", "new"),
    ]);
    expect(outcome.kind).toBe("committed");
    const rows = await ledger.list("a", "z", 10);
    expect(rows.map(({ key, body }) => `${key} ${String(body)}`)).toEqual([
      "a new",
      "b new",
      "e new",
      "f new",
    ]);
  });

  it("takes a hundred changes of all kinds", async () => {
    const { ledger } = open();
    const keys = Array.from({ length: 100 }, (_, n) => `row!${n.toString().padStart(2, "0")}`);
    await ledger.commit(keys.map((key) => insert(key, 1)));
    const rows = await ledger.list("row!", 'row"', 100);
    const changes = rows.map(({ key, etag }, n): RowChange => {
      if (n % 3 === 0) return { op: "delete", key, etag };
      return n % 3 === 1 ? { op: "replace", key, body: 2, etag } : insert(`${key}!new`, 3);
    });
    expect((await ledger.commit(changes)).kind).toBe("committed");
    const after = await ledger.list("row!", 'row"', 1_000);
    expect(after.filter(({ body }) => body === 1)).toHaveLength(33);
    expect(after.filter(({ body }) => body === 2)).toHaveLength(33);
    expect(after.filter(({ body }) => body === 3)).toHaveLength(33);
  });

  it("upserts a row that is there, whatever version it has, and one that is not", async () => {
    const { ledger, second } = open();
    await ledger.commit([insert("a", "old")]);
    await second.commit([{ op: "replace", key: "a", body: "newer", etag: "*" }]);
    const upserts = ["a", "b"].map((key): RowChange => ({ op: "upsert", key, body: "new" }));
    const outcome = await ledger.commit([...upserts, insert("c", "new")]);
    const rows = await second.list("a", "z", 10);
    expect(rows.map(({ key, body }) => `${key} ${String(body)}`)).toEqual([
      "a new",
      "b new",
      "c new",
    ]);
    const etags = rows.map(({ key, etag }) => [key, etag] as const);
    expect(outcome).toEqual({ kind: "committed", etags: new Map(etags) });
  });

  it("upserts nothing if another row of the commit has a conflict", async () => {
    const { ledger } = open();
    await ledger.commit([insert("a", "old")]);
    const upsert: RowChange = { op: "upsert", key: "b", body: "new" };
    expect((await ledger.commit([upsert, insert("a", "new")])).kind).toBe("conflict");
    expect(await ledger.read("b")).toBeNull();
  });

  it("inserts again what was deleted", async () => {
    const { ledger } = open();
    await ledger.commit([insert("row", 1)]);
    await ledger.commit([{ op: "delete", key: "row", etag: "*" }]);
    expect(await ledger.read("row")).toBe(null);
    expect((await ledger.commit([insert("row", 2)])).kind).toBe("committed");
    expect((await ledger.read("row"))?.body).toBe(2);
  });
}

function etagTests(open: () => OpenedLedger): void {
  it("gives the ETag of every row it leaves, as a read gives it", async () => {
    const { ledger, second } = open();
    await ledger.commit([insert("a", 1), insert("b", 1)]);
    const outcome = await ledger.commit([
      { op: "delete", key: "b", etag: "*" },
      { op: "replace", key: "a", body: 2, etag: "*" },
      insert("c!1.2", 1),
    ]);
    const etags = new Map(outcome.kind === "committed" ? outcome.etags : []);
    expect(etags).toEqual(
      new Map([
        ["a", await etagAt(second, "a")],
        ["c!1.2", await etagAt(second, "c!1.2")],
      ]),
    );
    const listed = await second.list("a", "z", 10);
    expect(etags).toEqual(new Map(listed.map(({ key, etag }) => [key, etag])));
  });

  it("gives another ETag with every write, though the body stays the same", async () => {
    const { ledger } = open();
    await ledger.commit([insert("row", 1)]);
    const seen = new Set([await etagAt(ledger, "row")]);
    for (let count = 0; count < 5; count += 1) {
      await ledger.commit([{ op: "replace", key: "row", body: 1, etag: "*" }]);
      seen.add(await etagAt(ledger, "row"));
    }
    await ledger.commit([{ op: "delete", key: "row", etag: "*" }]);
    await ledger.commit([insert("row", 1)]);
    seen.add(await etagAt(ledger, "row"));
    expect(seen.size).toBe(7);
  });
}

const REFUSED: [string, RowChange[]][] = [
  ["no change at all", []],
  ["101 changes", Array.from({ length: 101 }, (_, n) => insert(`row!${n}`, n))],
  ["a key twice", [insert("row", 1), insert("other", 1), insert("row", 2)]],
  ["a body that is not there", [insert("other", 1), insert("row", undefined)]],
  ["a key with a slash", [insert("other", 1), insert("row/1", 1)]],
  ["a key with a backslash", [insert("other", 1), insert("row\\1", 1)]],
  ["a key with a number sign", [insert("other", 1), insert("row#1", 1)]],
  ["a key with a question mark", [insert("other", 1), insert("row?1", 1)]],
  ["a key with a line break", [insert("other", 1), insert("row\n1", 1)]],
  ["a key of 513 characters", [insert("other", 1), insert("r".repeat(513), 1)]],
  [
    "more than 4 MiB in all",
    Array.from({ length: 11 }, (_, n) => insert(`row!${n}`, "x".repeat(400_000))),
  ],
  ["an empty ETag to replace", [{ op: "replace", key: "kept", body: 2, etag: "" }]],
  ["an empty ETag to delete", [{ op: "delete", key: "kept", etag: "" }]],
];

function refusalTests(open: () => OpenedLedger): void {
  it.each(REFUSED)("throws for %s and writes nothing", async (_name, changes) => {
    const { ledger } = open();
    await ledger.commit([insert("kept", 1)]);
    const before = await ledger.list("a", "z", 10);
    await expect(ledger.commit(changes)).rejects.toThrow(Error);
    expect(await ledger.list("a", "z", 10)).toEqual(before);
  });
}

function insert(key: string, body: unknown): RowChange {
  return { op: "insert", key, body };
}

async function etagAt(ledger: Ledger, key: string): Promise<string> {
  return (await ledger.read(key))?.etag ?? "";
}
