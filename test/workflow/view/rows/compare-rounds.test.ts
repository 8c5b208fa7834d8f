import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { RowStore } from "../../../../shared/ports.ts";
import { streamChanges } from "../../../../shared/workflow/view/rows/compare-rounds.ts";
import { aRound, storeOf, textOf, type Said } from "./a-round.ts";

const changeSchema = z.strictObject({
  change: z.enum(["new", "gone"]),
  row: z.record(z.string(), z.unknown()),
});
const endSchema = z.strictObject({
  sweep: z.string(),
  round: z.number(),
  against: z.number(),
  machines: z.record(z.string(), z.number()),
});

const COLUMNS = { h: ["path!", "size"] };

async function changesOf(store: RowStore, before = aRound(COLUMNS, 1)) {
  const text = await textOf(streamChanges(store, aRound(COLUMNS, 2), before));
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  return { ...endSchema.parse(lines.pop()), changes: z.array(changeSchema).parse(lines) };
}

function briefly({ changes }: Awaited<ReturnType<typeof changesOf>>) {
  return changes.map(({ change, row }) => [change, row["machineId"], row["path"]]);
}

function then(machineId: string, ...paths: readonly string[]): Said {
  return { machineId, round: 1, rows: paths.map((path) => [path, 1]) };
}

function now(machineId: string, ...paths: readonly string[]): Said {
  return { machineId, round: 2, rows: paths.map((path) => [path, 2]) };
}

describe("the changes of a round", () => {
  it("are the rows with new keys and the rows whose keys are gone, of each machine", async () => {
    const store = await storeOf(
      then("m1", "a", "b"),
      then("m2", "a"),
      now("m2", "a"),
      now("m1", "b", "c"),
    );
    const changes = await changesOf(store);
    expect(briefly(changes)).toEqual([
      ["new", "m1", "c"],
      ["gone", "m1", "a"],
    ]);
    expect(changes).toMatchObject({
      sweep: "autostarts",
      round: 2,
      against: 1,
      machines: { both: 2, onlyInRound: 0, onlyInAgainst: 0, notComparable: 0, partial: 0 },
    });
    expect(changes.changes[0]?.row).toMatchObject({ machineName: "m1.local", size: 2 });
    expect(changes.changes[1]?.row).toMatchObject({ machineName: "m1.local", size: 1 });
  });

  it("are none of machines that are missing in one of the rounds; those are counted", async () => {
    const store = await storeOf(then("m1", "a"), then("m2", "a"), now("m2", "a"), now("m3", "a"));
    const { changes, machines } = await changesOf(store);
    expect(changes).toEqual([]);
    expect(machines).toEqual({
      both: 1,
      onlyInRound: 1,
      onlyInAgainst: 1,
      notComparable: 0,
      partial: 0,
    });
  });

  it("call everything gone of a machine that answered, and had nothing", async () => {
    const store = await storeOf(then("m1", "a"), now("m1"));
    expect(briefly(await changesOf(store))).toEqual([["gone", "m1", "a"]]);
  });

  it("are found though the columns changed places, and not without the key columns", async () => {
    const store = await storeOf(
      { machineId: "m1", round: 1, hash: "old", rows: [[1, "a"]] },
      { machineId: "m2", round: 1, hash: "older", rows: [[1]] },
      now("m1", "a", "b"),
      now("m2", "a"),
    );
    const before = aRound({ old: ["size", "path"], older: ["size"] }, 1);
    const changes = await changesOf(store, before);
    expect(briefly(changes)).toEqual([["new", "m1", "b"]]);
    expect(changes.machines).toMatchObject({ both: 2, notComparable: 1 });
  });

  it("are none of a machine whose result lrq could not read in one of the rounds", async () => {
    const broken = { rows: [], parsed: { trouble: "broken gzip" } };
    const store = await storeOf(
      then("m1", "a", "b"),
      { ...now("m1"), ...broken },
      { ...then("m2"), ...broken },
      now("m2", "a"),
      then("m3", "a"),
      { ...now("m3"), parsed: { wrongCount: 1 } },
    );
    const { changes, machines } = await changesOf(store);
    expect(changes).toEqual([]);
    expect(machines).toMatchObject({ both: 3, notComparable: 3, partial: 0 });
  });

  it.each<[string, NonNullable<Said["parsed"]>]>([
    ["was cut", { cut: "rows" }],
    ["has wrong rows", { wrongCount: 1 }],
    ["breaks off", { trouble: "a JSON array that never ends" }],
  ])("are only what the other round lacks, if the result of one %s", async (_, parsed) => {
    const store = await storeOf(
      then("m1", "a", "b"),
      { ...now("m1", "b", "c"), parsed },
      { ...then("m2", "a", "b"), parsed },
      now("m2", "b", "c"),
    );
    const changes = await changesOf(store);
    expect(briefly(changes)).toEqual([
      ["new", "m1", "c"],
      ["gone", "m2", "a"],
    ]);
    expect(changes.machines).toMatchObject({ both: 2, notComparable: 0, partial: 2 });
  });

  it("are those that a person would find, in whatever order and batches machines came", async () => {
    const paths = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"));
    const machine = fc.record({
      before: fc.option(paths),
      after: fc.option(paths),
      batches: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(machine, { maxLength: 8 }), fc.boolean(), async (all, isBack) => {
        const said = all.flatMap(({ before, after, batches: [one, two] }, at) => [
          ...(before === null ? [] : [{ ...then(`m${at}`, ...before), batch: one }]),
          ...(after === null ? [] : [{ ...now(`m${at}`, ...after), batch: two }]),
        ]);
        const store = await storeOf(...(isBack ? said.toReversed() : said));
        const expected = all.flatMap(({ before, after }, at) =>
          before === null || after === null
            ? []
            : [
                ...after
                  .filter((each) => !before.includes(each))
                  .map((each) => ["new", `m${at}`, each]),
                ...before
                  .filter((each) => !after.includes(each))
                  .map((each) => ["gone", `m${at}`, each]),
              ],
        );
        const found = briefly(await changesOf(store));
        expect(found.map(String).toSorted()).toEqual(expected.map(String).toSorted());
      }),
      { numRuns: 50 },
    );
  });
});
