import { describe, expect, it } from "vitest";
import { ASKED_KEY } from "../../../shared/ledger/row/keys.ts";
import { startAccepting, type Accepting } from "../accepting.ts";

const rowsOf = ({ ledger }: Accepting, kind: string) =>
  ledger.rows().filter(({ key }) => key.startsWith(`${kind}!`));

const signed = (signedAtSeconds: number, requestHash = "same") => ({
  idempotencyKey: "msg",
  requestHash,
  signedAtSeconds,
});

describe("a signed message that was accepted", () => {
  it("is refused as it was by a host that has not seen it; signed anew it is answered", async () => {
    const world = startAccepting();
    const kinds: string[] = [];
    for (const at of [100, 100, 99, 103, 103, 102, 104]) {
      kinds.push((await world.accept("case", [1], signed(at))).kind);
    }
    const [yes, no] = ["accepted", "replayed"];
    expect(kinds).toEqual([yes, no, no, yes, no, no, yes]);
    expect(rowsOf(world, "key")).toMatchObject([{ body: { signedAtSeconds: 104 } }]);
  });

  it("is answered if the row is of a version that kept no time", async () => {
    const world = startAccepting();
    await world.accept("case", [1], signed(100));
    const [row] = rowsOf(world, "key");
    if (row === undefined) throw new Error("no key");
    const { signedAtSeconds: _, ...older } = Object(row.body);
    await world.ledger.commit([{ op: "replace", key: row.key, body: older, etag: row.etag }]);
    expect((await world.accept("case", [1], signed(100))).kind).toBe("accepted");
    expect((await world.accept("case", [1], signed(100))).kind).toBe("replayed");
  });

  it("is refused with another body, and its row stays as it is", async () => {
    const world = startAccepting();
    await world.accept("case", [1], signed(100));
    const before = rowsOf(world, "key");
    expect((await world.accept("case", [1], signed(105, "other"))).kind).toBe("keyReused");
    expect(rowsOf(world, "key")).toEqual(before);
  });

  it("starts its work once if copies come to several hosts at once", async () => {
    const world = startAccepting();
    const copies = Array.from({ length: 5 }, () => world.accept("case", [1], signed(100)));
    const kinds = (await Promise.all(copies)).map(({ kind }) => kind);
    expect(kinds.toSorted()).toEqual(["accepted", ...Array.from({ length: 4 }, () => "replayed")]);
  });
});

describe("a request that brings nothing new", () => {
  it("leaves no row, however many new keys a caller sends with it", async () => {
    const world = startAccepting();
    await world.accept("case", [1, 2], { idempotencyKey: "first" });
    const rows = () => world.ledger.rows().filter(({ key }) => key !== ASKED_KEY);
    const before = rows();
    for (let number = 0; number < 200; number += 1) {
      const again = { idempotencyKey: `key-${number}` };
      expect((await world.accept("case", [2], again)).kind).toBe("accepted");
    }
    expect(rows()).toEqual(before);
  });

  it("is known by its key as soon as it brings something", async () => {
    const world = startAccepting();
    await world.accept("case", [1]);
    const key = { idempotencyKey: "one", requestHash: "grown" };
    await world.accept("case", [1, 2], key);
    expect(rowsOf(world, "key")).toHaveLength(1);
    const other = { ...key, requestHash: "another" };
    expect((await world.accept("case", [1, 2], other)).kind).toBe("keyReused");
  });
});
