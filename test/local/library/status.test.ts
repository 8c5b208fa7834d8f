import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openBench, sha256 } from "./a-tenant.ts";

const HERE = { "a.sh": "a", "b.ps1": "b", "c.zip": "c", "d.sh": "d" };

describe("lrq library status", () => {
  it("shows what is as pinned, changed, missing, misspelt and of others", async () => {
    const there = { "a.sh": "a", "b.ps1": "evil", "D.sh": "d", "corp.ps1": "theirs" };
    const { run } = await openBench(HERE, there);
    const { exitCode, said } = await run("status");
    expect(exitCode).toBe(0);
    const lines = said.split("\n");
    const states = lines.slice(0, -1).map((line) => line.split(/[ :]+/).slice(0, 2).join(" "));
    expect(states).toEqual([
      "foreign D.sh",
      "same a.sh",
      "changed b.ps1",
      "missing c.zip",
      "foreign corp.ps1",
      "misspelt d.sh",
    ]);
    expect(said).toContain(sha256("evil").slice(0, 12));
    expect(said).toContain("simulated-analyst@contoso.example");
    expect(lines.at(-1)).toBe("1 as pinned, 3 not, 2 of others");
  });

  it("fails with --check only if something is not as pinned; files of others do not count", async () => {
    const { run, putByHand } = await openBench({ "a.sh": "a" }, { "a.sh": "a", "corp.sh": "x" });
    expect((await run("status", "--check")).exitCode).toBe(0);
    await putByHand("a.sh", "by hand");
    expect((await run("status", "--check")).exitCode).toBe(1);
    expect((await run("status")).exitCode).toBe(0);
  });

  it("gives JSON that says who has changed a file, and when", async () => {
    const { run, putByHand } = await openBench({ "a.sh": "a" });
    await putByHand("a.sh", "by hand");
    const { said } = await run("status", "--json");
    expect(JSON.parse(said)).toEqual({
      isAsPinned: false,
      files: [
        {
          name: "a.sh",
          state: "changed",
          pinned: sha256("a"),
          listed: sha256("by hand"),
          createdBy: "somebody else",
          updatedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        },
      ],
    });
  });

  it("lets nobody who uploads steer the terminal", async () => {
    const evil = { token: "token-of-somebody-else", requestor: "\u001b[2Jroot" };
    const token = { required: true, accepted: ["token-of-the-pipeline", evil] };
    const { run, putByHand } = await openBench({ "a.sh": "a" }, {}, { token });
    await putByHand("a.sh", "by hand");
    const { said } = await run("status");
    expect(said).toContain("root");
    expect(said).not.toContain("\u001b");
  });

  it("knows its own file again when it is pinned no more, unless others have changed it", async () => {
    const { run, folder, putByHand } = await openBench({ "a.sh": "a", "b.sh": "b" });
    await run("apply", "--yes");
    for (const name of ["a.sh", "b.sh", "library.json"]) rmSync(join(folder, name));
    await putByHand("b.sh", "by hand", `(lrq ${sha256("b").slice(0, 12)})`);
    const { said } = await run("status");
    expect(said).toMatch(/^left {5}a\.sh/m);
    expect(said).toMatch(/^foreign {2}b\.sh/m);
  });

  it.each([
    ["without the right Library.Manage", { status: 403 }, 4, "Library.Manage"],
    ["while Defender is broken", { status: 500 }, 3, "could not be read"],
  ])("says why it cannot look %s", async (_, { status }, expected, words) => {
    const fault = status === 403 ? "403" : "500";
    const bench = await openBench({ "a.sh": "a" }, {}, { faults: [{ on: "library", fault }] });
    const { exitCode, complained } = await bench.run("status");
    expect([exitCode, complained]).toEqual([expected, expect.stringContaining(words)]);
  });
});

describe("lrq library list", () => {
  it("gives every file with its hash and time, from before the call", async () => {
    const more = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`c-${n}.sh`, "c"]));
    const { run, putByHand } = await openBench({}, { "a.sh": "a", ...more });
    await putByHand("b.sh", "by hand");
    const beforeMs = Date.now();
    const { exitCode, said } = await run("list");
    const { listedAt, files } = JSON.parse(said);
    expect([exitCode, Date.parse(listedAt) >= beforeMs]).toEqual([0, true]);
    const updatedAt = expect.stringMatching(/^\d{4}-.*Z$/);
    expect(files).toHaveLength(22);
    expect(files).toContainEqual({ name: "a.sh", sha256: sha256("a"), updatedAt });
    expect(files).toContainEqual({ name: "b.sh", sha256: sha256("by hand"), updatedAt });
  });
});

describe("lrq library plan", () => {
  it("shows the changes and changes nothing; its hash is that of the same changes", async () => {
    const { run, texts, putByHand } = await openBench({ "a.sh": "a", "b.sh": "b" });
    await putByHand("b.sh", "by hand");
    const first = await run("plan");
    expect(first.said).toMatch(/^upload {3}a\.sh .*\nreplace {2}b\.sh .*\nplan [0-9a-f]{64}$/);
    expect((await run("plan")).said).toBe(first.said);
    expect(await texts()).toEqual({ "b.sh": "by hand" });
    await putByHand("b.sh", "other bytes");
    expect((await run("plan")).said.split("\n").at(-1)).not.toBe(first.said.split("\n").at(-1));
  });

  it("fails with --check if there is something to change", async () => {
    const { run } = await openBench({ "a.sh": "a" });
    expect([(await run("plan")).exitCode, (await run("plan", "--check")).exitCode]).toEqual([0, 1]);
    await run("apply", "--yes");
    expect((await run("plan", "--check")).exitCode).toBe(0);
  });

  it("fails if the folder is not as pinned, or if something cannot be uploaded", async () => {
    const { run, folder } = await openBench(
      { "a.sh": "a", "b.sh": "b", "c.sh": "c", "d.sh": "d" },
      { "D.sh": "d" },
    );
    writeFileSync(join(folder, "a.sh"), "changed");
    writeFileSync(join(folder, "new.sh"), "new");
    rmSync(join(folder, "b.sh"));
    writeFileSync(join(folder, "c.sh"), "");
    const { exitCode, said } = await run("plan");
    expect(exitCode).toBe(1);
    expect(said).toContain("a.sh is not as pinned in the folder");
    expect(said).toContain("b.sh is pinned, but not in the folder");
    expect(said).toContain("c.sh is empty");
    expect(said).toContain("The tenant has D.sh, and the pin says d.sh");
    expect(said).toContain("new.sh has no pin");
  });
});

describe("lrq library pull", () => {
  it("pins the hash that the tenant lists, and keeps the other pins", async () => {
    const { run, folder } = await openBench({ "a.sh": "a" }, { "corp.ps1": "theirs" });
    const { exitCode, said } = await run("pull", "corp.ps1");
    expect(exitCode).toBe(0);
    expect(said).toContain("lrq has not seen these bytes");
    const pins = JSON.parse(readFileSync(join(folder, "library.json"), "utf8"));
    expect(pins.files).toMatchObject([
      { name: "a.sh" },
      { name: "corp.ps1", sha256: sha256("theirs") },
    ]);
    expect((await run("status")).said).toMatch(/^same {5}corp\.ps1/m);
    expect((await run("pin")).said).toContain("kept     corp.ps1");
  });

  it("changes nothing with --check, and says by its exit code whether it would", async () => {
    const { run } = await openBench({ "a.sh": "a" }, { "corp.ps1": "theirs" });
    expect((await run("pull", "corp.ps1", "--check")).exitCode).toBe(1);
    expect((await run("status")).said).toMatch(/^foreign {2}corp\.ps1/m);
    await run("pull", "corp.ps1");
    expect((await run("pull", "corp.ps1", "--check")).exitCode).toBe(0);
  });

  it("pins all or nothing: not what is absent, misnamed, or other here than there", async () => {
    const there = { "a.sh": "other", "corp.ps1": "theirs" };
    const { run } = await openBench({ "a.sh": "a" }, there);
    const { exitCode, complained } = await run("pull", "corp.ps1", "no.ps1", "-x/", "a.sh");
    expect(exitCode).toBe(2);
    expect(complained).toContain("-x");
    const refused = await run("pull", "corp.ps1", "no.ps1", "x/y", "a.sh");
    expect(refused.exitCode).toBe(1);
    expect(refused.complained).toContain("no.ps1 is not in the tenant");
    expect(refused.complained).toContain("x/y: Name a library file");
    expect(refused.complained).toContain("a.sh has other bytes in the folder");
    expect((await run("status")).said).toMatch(/^foreign {2}corp\.ps1/m);
    expect((await run("pull")).exitCode).toBe(2);
  });
});
