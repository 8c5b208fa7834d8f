import { describe, expect, it } from "vitest";
import { rowsIn } from "../../../../shared/evidence/rows/row-block.ts";
import { rowsPath } from "../../../../shared/evidence/rows/rows-path.ts";
import type { RowStore } from "../../../../shared/ports.ts";
import { blocksOfRound, rowsOfRound } from "../../../../shared/workflow/view/rows/read-round.ts";
import { aRound, piecesOf, say, storeOf, SWEEP } from "./a-round.ts";

const ROUND = aRound({ h: ["a"] });
const PATH = rowsPath({ name: SWEEP, round: 1, batch: 1 });

async function readAll(store: RowStore) {
  const found: Record<string, unknown[]> = {};
  for await (const { header, isFirst, body } of rowsOfRound(store, ROUND)) {
    if (isFirst) found[header.machineId] = [];
    found[header.machineId]?.push(...rowsIn(body).flat());
  }
  return found;
}

async function machinesIn(store: RowStore) {
  const machines: string[] = [];
  for await (const { header } of blocksOfRound(store, ROUND)) machines.push(header.machineId);
  return machines;
}

describe("a round of rows", () => {
  it("is empty before anything is stored", async () => {
    expect(await readAll(await storeOf())).toEqual({});
  });

  it("has the rows of all its batches, and of no other round or sweep", async () => {
    const store = await storeOf(
      { machineId: "m1", rows: [["1"]] },
      { machineId: "m2", rows: [["2"], ["3"]], batch: 12 },
      { machineId: "m3", rows: [["4"]], round: 2 },
      { machineId: "m4", rows: [] },
    );
    await store.append("autostarts-2/000001/000001.ndjson", Buffer.from("x"));
    expect(await readAll(store)).toEqual({ m1: ["1"], m2: ["2", "3"], m4: [] });
  });

  it("has a machine once: as it was appended last, and in the last batch", async () => {
    const store = await storeOf(
      { machineId: "m1", rows: [["old"]], batch: 2 },
      { machineId: "m1", rows: [["new"]], batch: 2 },
      { machineId: "m1", rows: [["oldest"]], batch: 1 },
      { machineId: "m2", rows: [["2"]], batch: 1 },
    );
    expect(await readAll(store)).toEqual({ m1: ["new"], m2: ["2"] });
    expect(await machinesIn(store)).toEqual(["m1", "m2"]);
  });

  it("leaves out blocks that are not complete, whatever comes between", async () => {
    const long = { machineId: "m1", rows: Array.from({ length: 150 }, () => ["x".repeat(60_000)]) };
    const [one, two, three] = piecesOf(long, "whole");
    const [torn] = piecesOf(long, "torn");
    const [, , headless] = piecesOf({ ...long, machineId: "m3" }, "headless");
    const store = await storeOf();
    const appended = [torn, one, headless, piecesOf({ machineId: "m2", rows: [["2"]] }, "m2")[0]];
    for (const piece of [...appended, two, three, torn]) {
      await store.append(PATH, piece ?? Buffer.from("?"));
    }
    const found = await readAll(store);
    expect(Object.keys(found).toSorted()).toEqual(["m1", "m2"]);
    expect(found["m1"]).toEqual(long.rows.flat());
  });

  it("is read the same when its files are too large to be kept", async () => {
    const row = ["x".repeat(60_000)];
    const said = Array.from({ length: 6 }, (_, at) => ({
      machineId: `m${at}`,
      rows: Array.from({ length: 60 }, () => [`${at}`, ...row]),
    }));
    const store = await storeOf(...said);
    await say(store, { machineId: "m0", rows: [["again"]] });
    expect((await store.open(PATH))?.size).toBeGreaterThan(17 * 2 ** 20);
    const found = await readAll(store);
    expect(found["m0"]).toEqual(["again"]);
    expect(found["m5"]).toEqual(said[5]?.rows.flat());
  });

  it("is refused if a file is no file of rows", async () => {
    const store = await storeOf();
    await store.append(PATH, Buffer.from("<html>\n"));
    await expect(readAll(store)).rejects.toThrow("JSON");
  });
});
