import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { expect } from "vitest";
import { z } from "zod";
import { digest, openedZip, rowsOf } from "./opened.ts";
import { findPwsh } from "./pwsh.ts";

const pwsh = findPwsh();
/** Whether there is a PowerShell here, and the words for the name of a suite that needs it. */
export const HAS_PWSH = pwsh.kind === "found";
export const WHERE = pwsh.kind === "found" ? "under pwsh" : `skipped, because ${pwsh.why}`;

const ranSchema = z.strictObject({ exitCode: z.number(), lines: z.array(z.string()) });
const saidSchema = z.union([
  z.looseObject({
    ok: z.literal(true),
    archive: z.string(),
    bytes: z.number(),
    sha256: z.string(),
    files: z.number(),
    notTaken: z.number(),
    asAdministrator: z.literal(true),
  }),
  z.strictObject({ ok: z.literal(false), error: z.string() }),
]);

/** What stand-ins.ps1 reads, the arguments of the script, and where its output is to be. */
export interface Told {
  readonly output: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly [standIn: string]: unknown;
}

/** Scenarios of one script. PowerShell begins slowly, so all of them run in one process. */
export function scenariosOf(script: string, main: string) {
  const top = mkdtempSync(join(tmpdir(), "lrq-windows-"));
  const told = new Map<string, Told>();
  let ran: readonly unknown[] = [];

  function given(name: string, scenario: Told): void {
    told.set(name, { ...scenario, script: resolve("library", script), main });
  }

  /** Where a scenario has its files. */
  function folderOf(name: string): string {
    return join(top, name.replaceAll(" ", "-"));
  }

  function run(): void {
    if (pwsh.kind === "none") return;
    const file = join(top, "scenarios.json");
    writeFileSync(file, JSON.stringify([...told.values()]));
    const words = ["-NoProfile", "-File", "test/library/run-scenarios.ps1", file];
    const { stdout, stderr } = spawnSync(pwsh.path, words, { encoding: "utf8" });
    if (stderr !== "") throw new Error(stderr);
    ran = rowsOf(stdout);
  }

  function end(): void {
    rmSync(top, { recursive: true, force: true });
  }

  /** The one line that the script said, and what is left beside its output. */
  function ranOf<T extends { readonly ok: boolean }>(name: string, schema: z.ZodType<T>) {
    const scenario = told.get(name);
    if (scenario === undefined) throw new Error(`${name} is no scenario`);
    const { exitCode, lines } = ranSchema.parse(ran[[...told.keys()].indexOf(name)]);
    expect(lines).toHaveLength(1);
    const said = schema.parse(JSON.parse(lines[0] ?? ""));
    expect(exitCode).toBe(said.ok ? 0 : 1);
    const place = dirname(scenario.output);
    const left = existsSync(place) ? readdirSync(place).filter((each) => each !== "protected") : [];
    return { said, left, output: scenario.output };
  }

  /** The same of a script that leaves an archive. */
  function outcomeOf(name: string) {
    return ranOf(name, saidSchema);
  }

  /** The sentence of a script that failed. */
  function errorOf(name: string): string {
    const { said } = outcomeOf(name);
    return said.ok ? "" : said.error;
  }

  /** The files in the archive and the lines of not-taken.txt, compared with what was said. */
  function archiveOf(name: string) {
    const { said, left, output } = outcomeOf(name);
    const bytes = readFileSync(output);
    const files = openedZip(output);
    expect(left).toEqual(["archive.zip"]);
    const missed = (files.get("not-taken.txt") ?? "").split("\n").slice(0, -1);
    expect(said).toMatchObject({
      ok: true,
      archive: output,
      bytes: bytes.length,
      sha256: digest(bytes),
      files: files.size,
      notTaken: missed.length,
    });
    return { said, files, missed };
  }

  return { top, given, folderOf, run, end, ranOf, outcomeOf, errorOf, archiveOf };
}
