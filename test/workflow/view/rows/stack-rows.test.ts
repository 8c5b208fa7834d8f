import { describe, expect, it } from "vitest";
import { stackRows } from "../../../../shared/workflow/view/rows/stack-rows.ts";
import { aRound, storeOf } from "./a-round.ts";

const ROUND = aRound({ h: ["path!", "signer", "size"], unix: ["path!"] });

describe("a stack of a round", () => {
  it("counts machines and not rows, the rarest first", async () => {
    const usual = ["C:\\usual.exe", "Microsoft", 1];
    const store = await storeOf(
      { machineId: "m1", rows: [usual, ["C:\\usual.exe", "Microsoft", 2]] },
      { machineId: "m2", rows: [usual, ["C:\\odd.exe", null, 3]] },
      { machineId: "m3", rows: [["/bin/sh"]], hash: "unix" },
      { machineId: "m4", rows: [] },
    );
    const stack = await stackRows(store, ROUND, { by: ["signer", "path"], limit: 2 });
    expect(stack).toMatchObject({
      sweep: "autostarts",
      round: 1,
      by: ["signer", "path"],
      machines: 4,
      rows: 5,
      distinct: { count: 3, atLeast: false },
    });
    const rarest = stack?.values.map(({ machines, value, example }) => [
      machines,
      value,
      example.machineId,
    ]);
    expect(rarest).toHaveLength(2);
    expect(rarest).toEqual(
      expect.arrayContaining([
        [1, { signer: null, path: "C:\\odd.exe" }, "m2"],
        [1, { signer: null, path: "/bin/sh" }, "m3"],
      ]),
    );
    const all = await stackRows(store, ROUND, { by: ["signer", "path"], limit: 10 });
    expect(all?.values.at(-1)).toMatchObject({ machines: 2, value: { signer: "Microsoft" } });
  });

  it("counts machines by themselves that could not be read, and says of which rows lack", async () => {
    const store = await storeOf(
      { machineId: "m1", rows: [["a", "b", 1]] },
      { machineId: "m2", rows: [], parsed: { trouble: "broken gzip" } },
      { machineId: "m3", rows: [], parsed: { wrongCount: 2 } },
      { machineId: "m4", rows: [["a", "b", 1]], parsed: { cut: "bytes" } },
      { machineId: "m5", rows: [] },
    );
    const stack = await stackRows(store, ROUND, { by: ["path"], limit: 5 });
    expect(stack).toMatchObject({ machines: 3, rows: 2, partial: 1, unreadable: 2 });
    expect(stack?.values).toMatchObject([{ machines: 2, value: { path: "a" } }]);
  });

  it("has nothing for a column that the round has not", async () => {
    const store = await storeOf({ machineId: "m1", rows: [["a", "b", 1]] });
    expect(await stackRows(store, ROUND, { by: ["path", "machineId"], limit: 5 })).toBeNull();
  });

  it("counts a machine once for a value, though its rows are in several pieces", async () => {
    const rows = Array.from({ length: 150 }, () => ["x".repeat(60_000)]);
    const store = await storeOf({ machineId: "m1", rows });
    const stack = await stackRows(store, aRound({ h: ["path"] }), { by: ["path"], limit: 5 });
    expect(stack).toMatchObject({ machines: 1, rows: 150, distinct: { count: 1 } });
    expect(stack?.values[0]?.machines).toBe(1);
  });
});
