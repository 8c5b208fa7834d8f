import { describe, expect, it } from "vitest";
import { streamRows, streamTroubles } from "../../../../shared/workflow/view/rows/stream-rows.ts";
import { aRound, storeOf, textOf } from "./a-round.ts";

const AT = "1970-01-01T00:00:00.000Z";
const ROUND = aRound({ h: ["path!", "size"], unix: ["size", "owner"] });

describe("the rows of a round", () => {
  it("are an object in each line, with machine and time", async () => {
    const store = await storeOf(
      { machineId: "m1", rows: [["C:\\a\nb", 5]] },
      { machineId: "m2", rows: [] },
      { machineId: "m3", rows: [[null, "root"]], hash: "unix" },
    );
    const lines = (await textOf(streamRows(store, ROUND, "ndjson"))).trimEnd().split("\n");
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      { machineId: "m1", machineName: "m1.local", collectedAt: AT, path: "C:\\a\nb", size: 5 },
      { machineId: "m3", machineName: "m3.local", collectedAt: AT, size: null, owner: "root" },
    ]);
  });

  it("are a CSV with the columns of all profiles", async () => {
    const store = await storeOf(
      { machineId: "m1", rows: [["=cmd", -5]] },
      { machineId: "m3", rows: [[7, "root"]], hash: "unix" },
    );
    expect(await textOf(streamRows(store, ROUND, "csv"))).toBe(
      "machineId,machineName,collectedAt,path,size,owner\r\n" +
        `m1,m1.local,${AT},"'=cmd",-5,\r\n` +
        `m3,m3.local,${AT},,7,root\r\n`,
    );
  });

  it("that could not be read are shown with their machine, and only those", async () => {
    const wrong = [{ row: 2, why: "is no JSON" }];
    const store = await storeOf(
      { machineId: "m1", rows: [["a", 1]] },
      { machineId: "m2", rows: [["a", 1]], parsed: { wrong, wrongCount: 1 } },
      { machineId: "m3", rows: [], parsed: { cut: "bytes" } },
      { machineId: "m4", rows: [], parsed: { trouble: "no text" } },
    );
    const lines = (await textOf(streamTroubles(store, ROUND))).trimEnd().split("\n");
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      { machineId: "m2", count: 1, wrongCount: 1, wrong, cut: null, trouble: null },
      { machineId: "m3", count: 0, wrongCount: 0, cut: "bytes" },
      { machineId: "m4", trouble: "no text" },
    ]);
  });

  it("are refused if nobody knows their columns", async () => {
    const store = await storeOf({ machineId: "m1", rows: [["a"]], hash: "other" });
    await expect(textOf(streamRows(store, ROUND, "ndjson"))).rejects.toThrow("the hash other");
  });
});
