import { describe, expect, it } from "vitest";
import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { Ledger } from "../../shared/ports.ts";
import type { OpenedLedger } from "./opened-ledger.ts";

/** What is read is what was written. */
export function rowContract(open: () => OpenedLedger): void {
  describe("reads", () => {
    firstCallTests(open);
    bodyTests(open);
    bigBodyTests(open);
    listTests(open);
  });
}

function firstCallTests(open: () => OpenedLedger): void {
  it("finds no row before anything was written", async () => {
    expect(await open().ledger.read("budget")).toBe(null);
  });

  it("lists nothing before anything was written", async () => {
    expect(await open().ledger.list("ready!", 'ready"', 10)).toEqual([]);
  });

  it("takes a commit as the very first call", async () => {
    const { ledger } = open();
    const outcome = await ledger.commit([{ op: "insert", key: "budget", body: 1 }]);
    expect(outcome.kind).toBe("committed");
    expect((await ledger.read("budget"))?.body).toBe(1);
  });

  it("takes first calls of two hosts at once", async () => {
    const { ledger, second } = open();
    const outcomes = await Promise.all([
      ledger.commit([{ op: "insert", key: "a", body: 1 }]),
      second.commit([{ op: "insert", key: "b", body: 2 }]),
      second.read("c"),
    ]);
    expect(outcomes).toMatchObject([{ kind: "committed" }, { kind: "committed" }, null]);
  });
}

const BODIES: [string, unknown][] = [
  ["null", null],
  ["an empty text", ""],
  ["a number", 0],
  ["a list", [1, [], { a: null }]],
  [
    "signs that mean something on the way",
    { text: "\"'%20&+\\#?/<>=;:,{}[]()$|~`^\t\r\n\u2028\u2029\u0000" },
  ],
  ["text that looks like the transaction around it", "\r\n\r\n--changeset_1\r\nIf-Match: *\r\n"],
  ["scripts of the world", { ключ: "Žluťoučký 日本語 עברית 😀", __proto: 1 }],
];

function bodyTests(open: () => OpenedLedger): void {
  it.each(BODIES)("gives back %s", async (_name, body) => {
    const { ledger, second } = open();
    await ledger.commit([{ op: "insert", key: "row", body }]);
    expect((await second.read("row"))?.body).toEqual(body);
    expect((await second.list("row", "rox", 1))[0]?.body).toEqual(body);
  });

  it.each([
    "ready!0!000000000012!abcdefghij0123456789.abcdefghij12",
    "behind!5e5b!0",
    "sequence!a.b",
    "key!A_b-c~9",
    "machine!it's|@:,;=+$&()[]",
    "100%25",
  ])("keeps a row under the key %s", async (key) => {
    const { ledger, second } = open();
    const outcome = await ledger.commit([{ op: "insert", key, body: { key } }]);
    const row = await second.read(key);
    expect(row).toEqual({ key, body: { key }, etag: etagOf(outcome, key) });
    expect(await second.list(key, `${key}!`, 2)).toEqual([row]);
    const last = await ledger.commit([{ op: "delete", key, etag: etagOf(outcome, key) }]);
    expect(last.kind).toBe("committed");
  });

  it("shares nothing with whoever wrote or read", async () => {
    const { ledger } = open();
    const body = { machines: ["one"] };
    await ledger.commit([{ op: "insert", key: "row", body }]);
    body.machines.push("two");
    const read = await ledger.read("row");
    expect(read?.body).toEqual({ machines: ["one"] });
    // It is a copy, or it cannot be changed.
    Reflect.set(Object(read?.body), "machines", []);
    expect((await ledger.read("row"))?.body).toEqual({ machines: ["one"] });
  });
}

function bigBodyTests(open: () => OpenedLedger): void {
  // A pair is two units long, so one of the two shifts has a pair across every border there may be.
  it.each([0, 1])("gives back 0.4 million characters, pairs shifted by %i", async (shift) => {
    const { ledger, second } = open();
    const body = `${"x".repeat(shift)}${"😀".repeat(200_000)}`;
    await ledger.commit([{ op: "insert", key: "row", body }]);
    expect((await second.read("row"))?.body === body).toBe(true);
  });

  it("gives back a body of exactly 450,000 characters", async () => {
    const { ledger } = open();
    const body = "y".repeat(449_998);
    await ledger.commit([{ op: "insert", key: "row", body }]);
    expect((await ledger.read("row"))?.body === body).toBe(true);
  });

  it("takes two such bodies among others in a commit, and gives 97 rows for one of them", async () => {
    const { ledger, second } = open();
    const body = "y".repeat(449_998);
    const outcome = await ledger.commit([
      { op: "insert", key: "a", body: 1 },
      { op: "insert", key: "row!1", body },
      { op: "insert", key: "row!2", body },
      { op: "insert", key: "z", body: 2 },
    ]);
    expect(outcome.kind).toBe("committed");
    const [first] = await second.list("row!", 'row"', 10);
    expect(first?.body === body).toBe(true);
    const inserts = Array.from({ length: 97 }, (_, n): RowChange => {
      return { op: "insert", key: `sequence!${n}`, body: "x".repeat(4_000) };
    });
    const etag = first?.etag ?? "";
    const changes: RowChange[] = [{ op: "delete", key: "row!1", etag }, ...inserts];
    expect((await second.commit(changes)).kind).toBe("committed");
    expect(await ledger.commit(changes)).toMatchObject({ kind: "conflict" });
    expect(await ledger.list("sequence!", 'sequence"', 100)).toHaveLength(97);
    expect((await ledger.read("row!2"))?.body === body).toBe(true);
  });

  it("forgets what a longer body held when a shorter one replaces it", async () => {
    const { ledger } = open();
    await ledger.commit([{ op: "insert", key: "row", body: "x".repeat(100_000) }]);
    await ledger.commit([{ op: "replace", key: "row", body: "short", etag: "*" }]);
    expect((await ledger.read("row"))?.body).toBe("short");
  });

  it("throws for a body above 450,000 characters and writes nothing", async () => {
    const { ledger } = open();
    const commit = ledger.commit([
      { op: "insert", key: "before", body: 1 },
      { op: "insert", key: "row", body: "y".repeat(449_999) },
    ]);
    await expect(commit).rejects.toThrow("too big");
    expect(await ledger.list("a", "z", 10)).toEqual([]);
  });
}

function listTests(open: () => OpenedLedger): void {
  it("lists from the first bound on and ends before the second, in key order", async () => {
    const { ledger } = open();
    const keys = ["ready!1!b", "later!9", "ready!0!a", "ready", "ready!", 'ready"', "ready!0!B"];
    await ledger.commit(keys.map((key): RowChange => ({ op: "insert", key, body: key })));
    expect(await keysOf(ledger, "ready!", 'ready"', 10)).toEqual([
      "ready!",
      "ready!0!B",
      "ready!0!a",
      "ready!1!b",
    ]);
    expect(await keysOf(ledger, "ready!0!a", "ready!1!b", 10)).toEqual(["ready!0!a"]);
    expect(await keysOf(ledger, "ready!0!a", "ready!0!a", 10)).toEqual([]);
    expect(await keysOf(ledger, "ready!", 'ready"', 2)).toEqual(["ready!", "ready!0!B"]);
  });

  it("lists at most a thousand of more rows, and the rest from there on", async () => {
    const { ledger } = open();
    const keys = Array.from({ length: 1_150 }, (_, n) => `ready!${n.toString().padStart(4, "0")}`);
    for (let from = 0; from < keys.length; from += 100) {
      const some = keys.slice(from, from + 100);
      await ledger.commit(some.map((key): RowChange => ({ op: "insert", key, body: key })));
    }
    expect(await keysOf(ledger, "ready!", 'ready"', 1_000)).toEqual(keys.slice(0, 1_000));
    expect(await keysOf(ledger, "ready!0999!", 'ready"', 1_000)).toEqual(keys.slice(1_000));
  });

  it.each([0, 1_001, Number.NaN])("throws for a list of %d rows", async (limit) => {
    await expect(open().ledger.list("a", "z", limit)).rejects.toThrow("it takes 1 to 1000");
  });
}

async function keysOf(ledger: Ledger, from: string, before: string, limit: number) {
  return (await ledger.list(from, before, limit)).map((row) => row.key);
}

function etagOf(outcome: Awaited<ReturnType<Ledger["commit"]>>, key: string): string {
  return outcome.kind === "committed" ? (outcome.etags.get(key) ?? "") : "";
}
