import { spawn } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rowsOf } from "./opened.ts";
import { HAS_PWSH, scenariosOf, WHERE } from "./scenarios.ts";

const scenarios = scenariosOf("Collect-ProcessDump.ps1", "Invoke-Dump");
/** Short, for a system may cut the names of processes. */
const NAME = `lrq-${process.pid % 100_000}`;
const victims = HAS_PWSH ? [started(NAME), started(NAME), started("lsass")] : [];
const [one, other, guarded] = victims.map(({ pid }) => pid ?? 0);

/** A process of that name that does nothing. */
function started(name: string) {
  const folder = scenarios.folderOf("programs");
  mkdirSync(folder, { recursive: true });
  const program = join(folder, name);
  try {
    symlinkSync(process.execPath, program);
  } catch {
    // The second of one name.
  }
  // Node 24 calls itself MainThread, whatever its program is called.
  const script = `process.title = "${name}"; setTimeout(() => {}, 600000)`;
  return spawn(program, ["-e", script], { stdio: "ignore" });
}

function given(name: string, words: Readonly<Record<string, unknown>>, protects: unknown[] = []) {
  const output = join(scenarios.folderOf(name), "archive.zip");
  const standard = { Megabytes: "2900", Seconds: "300", Rest: [], Output: output };
  scenarios.given(name, { output, protects, arguments: { ...standard, ...words } });
}

beforeAll(() => scenarios.run());
afterAll(() => {
  for (const victim of victims) victim.kill("SIGKILL");
  scenarios.end();
});

describe.runIf(HAS_PWSH)(`the memory of a process, ${WHERE}`, () => {
  given("by name", { Process: `${NAME}.exe` }, [other]);
  given("by id", { Process: String(one) });
  given("protected", { Process: String(other) }, [other]);
  given("guarded by name", { Process: "lsass" });
  given("guarded by id", { Process: String(guarded) });
  given("nobody", { Process: "no-such-process" });
  given("words", { Process: "a b" });
  given("no room", { Process: String(one), Megabytes: "1" });

  it("is taken of every process of the name, and not-taken.txt says of which not", () => {
    const { files, missed, said } = scenarios.archiveOf("by name");
    expect(files.get(`dumps/${NAME}-${one}.dmp`)).toBe(`memory of ${one}`);
    expect(missed).toEqual([`Windows gives no dump of it: Access is denied.\t${NAME} ${other}`]);
    expect(said).toMatchObject({ processes: 1 });
    const row = { entry: `dumps/${NAME}-${one}.dmp`, name: NAME, id: one };
    expect(rowsOf(files.get("processes.jsonl"))).toMatchObject([row]);
  });

  it("is taken of the process of an id", () => {
    const { files, missed } = scenarios.archiveOf("by id");
    expect(files.get(`dumps/${NAME}-${one}.dmp`)).toBe(`memory of ${one}`);
    expect(missed).toEqual([]);
  });

  it("is no archive if there is no dump, but a sentence", () => {
    expect(scenarios.errorOf("protected")).toBe(
      `there is no dump of ${other}: Windows gives no dump of it: Access is denied.`,
    );
    expect(scenarios.outcomeOf("protected").left).toEqual([]);
  });

  it.each(["guarded by name", "guarded by id"])("is refused of lsass, %s", (name) => {
    expect(scenarios.errorOf(name)).toBe("the memory of lsass has passwords: it is refused");
  });

  it("is not written if it is more than there may be", () => {
    expect(scenarios.errorOf("no room")).toMatch(/no room was left: \d+ MiB$/);
    expect(scenarios.outcomeOf("no room").left).toEqual([]);
  });

  it("needs a process that is there", () => {
    expect(scenarios.errorOf("nobody")).toBe(
      "no process is called no-such-process, or has this id",
    );
    expect(scenarios.errorOf("words")).toBe("-Process is the name of a process, or its id");
  });
});
