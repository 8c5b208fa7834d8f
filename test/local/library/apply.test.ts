import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { openBench } from "./a-tenant.ts";

const hashIn = (said: string) => /plan ([0-9a-f]{64})/.exec(said)?.[1] ?? "";

describe("lrq library apply", () => {
  it("makes the library as pinned: uploads, replaces, and leaves the files of others", async () => {
    const bench = await openBench({ "a.sh": "a", "b.ps1": "b" }, { "b.ps1": "x", "corp.sh": "y" });
    const { exitCode, said } = await bench.run("apply", "--yes");
    expect(exitCode).toBe(0);
    expect(said).toContain("done     upload a.sh\ndone     replace b.ps1");
    expect(await bench.texts()).toEqual({ "a.sh": "a", "b.ps1": "b", "corp.sh": "y" });
    expect((await bench.run("apply", "--yes")).said).toBe("Nothing to change.");
    expect(bench.simulator.violations()).toEqual([]);
  });

  it("deletes what it has uploaded and what is pinned no more, and nothing else", async () => {
    const bench = await openBench({ "a.sh": "a", "b.sh": "b", "c.sh": "c" }, { "corp.sh": "y" });
    await bench.run("apply", "--yes");
    await bench.putByHand("b.sh", "by hand");
    for (const name of ["a.sh", "b.sh", "library.json"]) rmSync(join(bench.folder, name));
    await bench.run("pin");
    expect((await bench.run("apply", "--yes")).exitCode).toBe(0);
    expect(await bench.texts()).toEqual({ "b.sh": "by hand", "c.sh": "c", "corp.sh": "y" });
  });

  it("asks at a terminal, and takes a no for a no", async () => {
    const bench = await openBench({ "a.sh": "a" });
    const asked: string[] = [];
    const answering = (answer: boolean) => async (question: string) => {
      asked.push(question);
      return answer;
    };
    expect((await bench.runWith(answering(false), "apply")).exitCode).toBe(4);
    expect(await bench.texts()).toEqual({});
    expect((await bench.runWith(answering(true), "apply")).exitCode).toBe(0);
    expect(await bench.texts()).toEqual({ "a.sh": "a" });
    expect(asked).toHaveLength(2);
    expect(asked[0]).toContain("Make 1 changes?");
  });

  it("is refused without a terminal and without --yes, before anything is asked", async () => {
    const bench = await openBench({ "a.sh": "a" });
    const { exitCode, complained } = await bench.run("apply");
    expect([exitCode, complained]).toEqual([2, expect.stringContaining("--yes")]);
    expect(await bench.texts()).toEqual({});
  });

  it("makes no other changes than those of the approved plan", async () => {
    const bench = await openBench({ "a.sh": "a", "b.sh": "b" });
    const approved = hashIn((await bench.run("plan")).said);
    await bench.putByHand("b.sh", "by hand");
    const refused = await bench.run("apply", "--yes", "--plan", approved);
    expect([refused.exitCode, await bench.texts()]).toEqual([4, { "b.sh": "by hand" }]);
    const again = hashIn((await bench.run("plan")).said);
    expect((await bench.run("apply", "--yes", "--plan", again)).exitCode).toBe(0);
    expect(await bench.texts()).toEqual({ "a.sh": "a", "b.sh": "b" });
  });

  it.each(["put", "removed"])("notices what was %s while it asked", async (how) => {
    const bench = await openBench({ "a.sh": "a", "b.sh": "b" }, { "b.sh": "x" });
    const meanwhile = async () => {
      if (how === "put") await bench.putByHand("a.sh", "by hand");
      else await bench.removeByHand("b.sh");
      return true;
    };
    const { exitCode, complained } = await bench.runWith(meanwhile, "apply");
    expect([exitCode, complained]).toEqual([4, expect.stringContaining("Somebody else")]);
    expect(Object.values(await bench.texts())).not.toContain("a");
  });

  it("changes nothing if the folder is not as pinned", async () => {
    const bench = await openBench({ "a.sh": "a", "b.sh": "b" });
    writeFileSync(join(bench.folder, "b.sh"), "changed");
    const { exitCode, complained } = await bench.run("apply", "--yes");
    expect([exitCode, complained]).toEqual([1, expect.stringContaining("run lrq library pin")]);
    expect(await bench.texts()).toEqual({});
  });

  it("gives JSON with what became of each change", async () => {
    const bench = await openBench({ "a.sh": "a", "b.sh": "b" }, { "b.sh": "x" });
    const { said } = await bench.run("apply", "--yes", "--json");
    const body = z.object({ exitCode: z.int(), changes: z.array(z.unknown()) });
    expect(body.parse(JSON.parse(said))).toMatchObject({
      exitCode: 0,
      changes: [
        { does: "upload", name: "a.sh", outcome: "done" },
        { does: "replace", name: "b.sh", outcome: "done" },
      ],
    });
  });
});
