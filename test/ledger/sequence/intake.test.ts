import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryLedger } from "../../../local/memory/ledger.ts";
import { folding, sequencesIn, unfolding } from "../../../shared/ledger/sequence/intake.ts";
import { intakesOf, plannedKeyFor } from "../../../shared/ledger/row/keys.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { aSequence, RUN_ID, START_MS } from "../a-sequence.ts";
import { SetAside } from "../../../shared/ledger/row/set-aside.ts";

const record = fc.record({
  machineName: fc.option(fc.string({ unit: "binary" })),
  lane: fc.constantFrom<SequenceRecord["lane"]>(0, 1, 3),
  profile: fc.constantFrom("windows-triage", "linux-triage"),
  characters: fc.constantFrom(0, 10, 30_000, 150_000),
  isGated: fc.boolean(),
});
const records = fc.array(record, { minLength: 1, maxLength: 120 }).map((all) =>
  all.map(({ profile, characters, isGated, ...each }, index) =>
    aSequence({
      ...each,
      sequenceId: `${RUN_ID}.${String(index).padStart(12, "0")}`,
      machineId: index.toString(16).padStart(40, "0"),
      pass: index,
      profile: { name: profile, version: 1, hash: "0".repeat(64) },
      parts: [[{ type: "RunScript", scriptName: "a.ps1", args: "x".repeat(characters) }]],
      ...(isGated
        ? { place: { kind: "later", dueAtMs: START_MS }, reason: { code: "canary" } }
        : {}),
    }),
  ),
);

/** Folds in transactions of at most a hundred changes, for the ledger refuses what is too big. */
async function folded(all: readonly SequenceRecord[], from: number) {
  const ledger = createMemoryLedger();
  for (const change of folding(RUN_ID, from, all, START_MS)) await ledger.commit([change]);
  const range = intakesOf(RUN_ID);
  return { ledger, rows: await ledger.list(range.from, range.before, 1_000) };
}

describe("intake rows", () => {
  it("give back every sequence as it was accepted", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(records, fc.nat(10_000), async (all, from) => {
        const { rows } = await folded(all, from);
        const back = rows.flatMap(sequencesIn);
        expect(back.toSorted((a, b) => a.pass - b.pass)).toEqual(all);
      }),
      { numRuns: 40 },
    );
  });

  it("are each unfolded by one transaction, which leaves nothing of them", async () => {
    await fc.assert(
      fc.asyncProperty(records, async (all) => {
        const { ledger, rows } = await folded(all, 0);
        for (const row of rows) {
          expect((await ledger.commit(unfolding(row, 500))).kind).toBe("committed");
        }
        const written = await ledger.list("sequence!", 'sequence"', 1_000);
        const passes = written.map(({ body }) => Number(Object(body).pass));
        expect(passes).toEqual(all.map(({ pass }) => 501 + pass));
        const keys = ledger.rows().map(({ key }) => key.split("!")[0]);
        expect(keys.filter((key) => key === "sequence")).toHaveLength(all.length);
        expect(keys.filter((key) => key === "ready" || key === "later")).toHaveLength(all.length);
        expect(keys).toHaveLength(2 * all.length);
      }),
      { numRuns: 40 },
    );
  });

  it("write what all machines of a profile share once, however profiles are mixed", async () => {
    const names = ["windows-triage", "linux-triage"];
    const all = names.flatMap((name) => {
      const profile = { name, version: 1, hash: "0".repeat(64) };
      return many(48).map(({ pass }) =>
        aSequence({ profile, pass, sequenceId: `${RUN_ID}.${name.slice(0, 5)}${pass}` }),
      );
    });
    all.sort((a, b) => a.pass - b.pass);
    const { rows } = await folded(all, 0);
    expect(rows).toHaveLength(2);
    const text = JSON.stringify(rows.map(({ body }) => body));
    expect(text.match(/triage\.exe/g)).toHaveLength(2);
    expect(text.length).toBeLessThan(JSON.stringify(all).length / 8);
  });

  it("have a number of their own, and a pointer with it", async () => {
    const { ledger, rows } = await folded(many(100), 7);
    expect(rows.map(({ key }) => key.split("!")[2])).toEqual(["00000007", "00000055", "00000103"]);
    const pointers = await Promise.all(rows.map(({ key }) => ledger.read(plannedKeyFor(key))));
    expect(pointers.map((row) => row?.body)).toEqual(rows.map(() => ({ v: 1, atMs: START_MS })));
  });

  it("are unfolded once: whoever comes second changes nothing", async () => {
    const { ledger, rows } = await folded(many(5), 0);
    const [row] = rows;
    if (row === undefined) throw new Error("nothing was folded");
    expect((await ledger.commit(unfolding(row, 0))).kind).toBe("committed");
    const before = ledger.rows();
    expect((await ledger.commit(unfolding(row, 9))).kind).toBe("conflict");
    expect(ledger.rows()).toEqual(before);
  });

  it("that are none are not read as some", () => {
    for (const body of [
      null,
      {},
      { v: 2, shared: {}, each: [{}] },
      { v: 1, shared: {}, each: [] },
    ]) {
      expect(() => sequencesIn({ key: "intake!r!0", body })).toThrow(SetAside);
    }
    const { sequenceId: _, ...shared } = aSequence();
    const body = { v: 1, shared, each: [{}] };
    expect(() => sequencesIn({ key: "intake!r!0", body })).toThrow("sequenceId");
  });
});

function many(count: number): SequenceRecord[] {
  return Array.from({ length: count }, (_, index) =>
    aSequence({ sequenceId: `${RUN_ID}.${String(index).padStart(12, "0")}`, pass: index }),
  );
}
