import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const verdictSchema = z.object({
  patch: z.string(),
  tests: z.number(),
  /** The names of the tests that failed. */
  failed: z.array(z.string()),
  /** What kept the file from running at all. */
  errors: z.array(z.string()),
});

/** What came of the tests on a program with a bug. */
export type Verdict = z.infer<typeof verdictSchema>;

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const COMMAND = [
  "node_modules/vitest/vitest.mjs",
  "run",
  "--config",
  "test/patches/vitest.config.ts",
];

/** Runs the test file of each bug that has one, in one process; what came of it, by name. */
export async function verdicts(): Promise<ReadonlyMap<string, Verdict>> {
  const { VITEST: _, ...env } = process.env;
  const output = await new Promise<string>((resolve, reject) => {
    // It exits with 1, for tests fail, as they should.
    execFile(
      process.execPath,
      [...COMMAND, "--root", "."],
      { cwd: ROOT, env },
      (error, stdout, stderr) => {
        if (stdout === "") reject(new Error(stderr, { cause: error }));
        else resolve(stdout);
      },
    );
  });
  const lines = output.split("\n").filter((line) => line.startsWith("{"));
  const all = lines.map((line) => verdictSchema.parse(JSON.parse(line)));
  return new Map(all.map((each) => [each.patch, each]));
}
