import { describe, expect, it } from "vitest";
import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { CommitOutcome, Ledger } from "../../shared/ports.ts";
import type { OpenedLedger } from "./opened-ledger.ts";

/** What happens when a row stands in the way, or two come at once. */
export function conflictContract(open: () => OpenedLedger): void {
  describe("conflicts", () => {
    positionTests(open);
    raceTests(open);
  });
}

type Why = "exists" | "changed" | "absent";

/**
 * Changes that cannot be made where `held` is in the ledger with another ETag than `stale`, and
 * `gone` is not.
 */
const CONFLICTS: [string, Why, (stale: string) => RowChange][] = [
  ["an insert of a row that exists", "exists", () => insert("held")],
  ["a replace of a row that changed", "changed", (etag) => replace("held", etag)],
  ["a delete of a row that changed", "changed", (etag) => ({ op: "delete", key: "held", etag })],
  ["a replace of a row that is absent", "absent", (etag) => replace("gone", etag)],
  ["a replace of whatever is there, when nothing is", "absent", () => replace("gone", "*")],
  ["a delete of a row that is absent", "absent", (etag) => ({ op: "delete", key: "gone", etag })],
  ["a delete of whatever is there", "absent", () => ({ op: "delete", key: "gone", etag: "*" })],
];
const POSITIONS: [string, number][] = [
  ["first", 0],
  ["in the middle", 3],
  ["last", 6],
];

function positionTests(open: () => OpenedLedger): void {
  for (const [name, why, conflicting] of CONFLICTS) {
    it.each(POSITIONS)(`tells of ${name}, %s in the commit, and writes nothing`, async (_, at) => {
      const { ledger } = open();
      await ledger.commit(["held", "r1", "r2", "d1", "d2"].map(insert));
      const stale = await etagAt(ledger, "held");
      await ledger.commit([replace("held", "*")]);
      const before = await ledger.list("a", "z", 100);
      const harmless: RowChange[] = [
        insert("i1"),
        { op: "delete", key: "d1", etag: await etagAt(ledger, "d1") },
        replace("r1", await etagAt(ledger, "r1")),
        replace("r2", "*"),
        insert("i2"),
        { op: "delete", key: "d2", etag: "*" },
      ];
      const change = conflicting(stale);
      const outcome = await ledger.commit(harmless.toSpliced(at, 0, change));
      expect(outcome).toEqual({ kind: "conflict", key: change.key, why });
      expect(await ledger.list("a", "z", 100)).toEqual(before);
      expect((await ledger.commit(harmless)).kind).toBe("committed");
    });
  }

  it("names the hundredth row when it stands in the way", async () => {
    const { ledger } = open();
    const keys = Array.from({ length: 100 }, (_, n) => `row!${n}`);
    await ledger.commit([insert("row!99")]);
    const outcome = await ledger.commit(keys.map(insert));
    expect(outcome).toEqual({ kind: "conflict", key: "row!99", why: "exists" });
  });

  it("names the first of several rows that stand in the way", async () => {
    const { ledger } = open();
    await ledger.commit(["b", "c"].map(insert));
    const outcome = await ledger.commit([insert("a"), insert("b"), insert("c")]);
    expect(outcome).toEqual({ kind: "conflict", key: "b", why: "exists" });
  });
}

function raceTests(open: () => OpenedLedger): void {
  it("lets exactly one of many commits with the same ETag win", async () => {
    const { ledger, second } = open();
    await ledger.commit([insert("budget")]);
    const etag = await etagAt(ledger, "budget");
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, async (_, n) =>
        (n % 2 === 0 ? ledger : second).commit([insert(`claim!${n}`), replace("budget", etag)]),
      ),
    );
    const lost = { kind: "conflict", key: "budget", why: "changed" };
    const won = outcomes.findIndex(({ kind }) => kind === "committed");
    expect(outcomes.toSpliced(won, 1)).toEqual(Array.from({ length: 7 }, () => lost));
    const claims = await second.list("claim!", 'claim"', 10);
    expect(claims.map(({ key }) => key)).toEqual([`claim!${won}`]);
  });

  it("lets exactly one of many inserts of the same row win", async () => {
    const { ledger, second } = open();
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, async (_, n) =>
        (n % 2 === 0 ? ledger : second).commit([insert(`run!${n}`), insert("key!same")]),
      ),
    );
    expect(outcomes.filter(({ kind }) => kind === "committed")).toHaveLength(1);
    expect(outcomes.filter(isConflict).map(({ why }) => why)).toEqual(
      Array.from({ length: 5 }, () => "exists"),
    );
    expect(await ledger.list("run!", 'run"', 10)).toHaveLength(1);
  });

  it("keeps commits apart that touch different rows", async () => {
    const { ledger, second } = open();
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, async (_, n) =>
        (n % 2 === 0 ? ledger : second).commit([insert(`a!${n}`), insert(`b!${n}`)]),
      ),
    );
    expect(outcomes.filter(isConflict)).toEqual([]);
    expect(await ledger.list("a!", 'b"', 100)).toHaveLength(12);
  });
}

function isConflict(
  outcome: CommitOutcome,
): outcome is Extract<CommitOutcome, { kind: "conflict" }> {
  return outcome.kind === "conflict";
}

function insert(key: string): RowChange {
  return { op: "insert", key, body: { key } };
}

function replace(key: string, etag: string): RowChange {
  return { op: "replace", key, body: { key, replaced: true }, etag };
}

async function etagAt(ledger: Ledger, key: string): Promise<string> {
  return (await ledger.read(key))?.etag ?? "";
}
