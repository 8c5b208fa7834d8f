import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Fault } from "../../../local/defender-simulator/fault-plan.ts";
import { applyChange } from "../../../local/library/apply-change.ts";
import type { Change } from "../../../local/library/plan-changes.ts";
import { openBench, sha256 } from "./a-tenant.ts";

/** Calls of `apply` in order: two lists, then the changes. */
const FIRST_CHANGE = 3;
const at = (fault: Fault["fault"], nth = FIRST_CHANGE): Fault => ({ on: "library", fault, nth });

describe("a change whose answer is lost", () => {
  it.each<Fault["fault"]>([
    "drop-after",
    "drop-before",
    "500",
    "500-after",
    "503",
    "html",
    "truncated",
    "404",
  ])("after %s is made once", async (fault) => {
    const bench = await openBench({ "a.sh": "a" }, {}, { faults: [at(fault)] });
    const { exitCode, complained } = await bench.run("apply", "--yes");
    expect([exitCode, complained]).toEqual([0, ""]);
    expect(await bench.texts()).toEqual({ "a.sh": "a" });
    const made = ["drop-after", "500-after", "truncated"].includes(fault);
    expect(bench.simulator.reads()["libraryUpload"]).toBe(made || fault === "drop-before" ? 1 : 2);
  });

  it.each<Fault["fault"]>(["drop-after", "500-after", "drop-before", "404"])(
    "is made if it is a replacement (%s)",
    async (fault) => {
      const bench = await openBench({ "a.sh": "a" }, { "a.sh": "x" }, { faults: [at(fault)] });
      expect((await bench.run("apply", "--yes")).exitCode).toBe(0);
      expect(await bench.texts()).toEqual({ "a.sh": "a" });
    },
  );

  it.each<Fault["fault"]>(["drop-after", "500-after", "drop-before", "500"])(
    "is made if it is a deletion (%s)",
    async (fault) => {
      const bench = await openBench({ "a.sh": "a" });
      await bench.run("apply", "--yes");
      for (const name of ["a.sh", "library.json"]) rmSync(join(bench.folder, name));
      bench.simulator.addFault(at(fault));
      expect((await bench.run("apply", "--yes")).exitCode).toBe(0);
      expect(await bench.texts()).toEqual({});
    },
  );

  it("waits as long as Defender asks after a 429, and then makes it once", async () => {
    const fault = { ...at("429"), retryAfter: "1" };
    const bench = await openBench({ "a.sh": "a" }, {}, { faults: [fault] });
    expect((await bench.run("apply", "--yes")).exitCode).toBe(0);
    expect(await bench.texts()).toEqual({ "a.sh": "a" });
  });

  it("is not waited for if Defender asks for an hour", async () => {
    const fault = { on: "library", fault: "429", retryAfter: "3600" } as const;
    const bench = await openBench({ "a.sh": "a" }, {}, { faults: [fault] });
    const { exitCode, complained } = await bench.run("apply", "--yes");
    expect([exitCode, complained]).toEqual([3, expect.stringContaining("429")]);
  });

  it("is given up after some tries, and says how far it came", async () => {
    const faults: Fault[] = [3, 5, 7, 9].map((nth) => at("500", nth));
    const bench = await openBench({ "a.sh": "a", "b.sh": "b" }, {}, { faults });
    const { exitCode, complained } = await bench.run("apply", "--yes");
    expect([exitCode, complained]).toEqual([3, expect.stringContaining("Nothing further")]);
    expect(await bench.texts()).toEqual({});
  });

  it.each<Fault["fault"]>(["401", "403"])("is no matter of tries after %s", async (fault) => {
    const bench = await openBench({ "a.sh": "a" }, {}, { faults: [at(fault)] });
    const { exitCode } = await bench.run("apply", "--yes");
    expect([exitCode, bench.simulator.reads()["libraryUpload"]]).toEqual([4, 1]);
  });
});

function planned(does: Change["does"], listed: string | null): Change {
  const pin = { name: "a.sh", sha256: sha256("a"), parameters: null };
  return { does, name: "a.sh", listed, pin: { ...pin, description: null, signed: false } };
}

const bytes = () => new Uint8Array(Buffer.from("a"));

describe("a change that somebody else was faster with", () => {
  it("is a conflict if there was no file, and replaces nothing", async () => {
    const bench = await openBench({ "a.sh": "a" });
    await bench.putByHand("a.sh", "by hand");
    const outcome = await applyChange(bench.tenant, planned("upload", null), bytes);
    expect([outcome.kind, await bench.texts()]).toEqual(["conflict", { "a.sh": "by hand" }]);
  });

  it("is done if they put the very bytes there", async () => {
    const bench = await openBench({ "a.sh": "a" }, { "a.sh": "a" });
    expect(await applyChange(bench.tenant, planned("upload", null), bytes)).toEqual({
      kind: "done",
    });
  });

  it("is a conflict after a lost answer, if the file is no more as it was", async () => {
    const bench = await openBench({ "a.sh": "a" }, { "a.sh": "x" });
    await bench.putByHand("a.sh", "by hand");
    bench.simulator.addFault({ on: "library", fault: "500", nth: 1 });
    const outcome = await applyChange(bench.tenant, planned("replace", sha256("x")), bytes);
    expect([outcome.kind, await bench.texts()]).toEqual(["conflict", { "a.sh": "by hand" }]);
  });
});
