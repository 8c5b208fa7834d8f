import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { bundleWith } from "./bundle.ts";
import type { TestedPatch } from "./patch.ts";

const verdictSchema = z.object({
  file: z.string(),
  /** The names of the tests that failed. */
  failed: z.array(z.string()),
  /** What kept the file from running at all. */
  errors: z.array(z.string()),
});

/** What came of the tests on a program with a bug. */
export type Verdict = z.infer<typeof verdictSchema>;

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** From here a bundle finds the packages, and nothing is written that git looks at. */
const BUNDLES = join(ROOT, "node_modules", ".lrq-patched-");

/**
 * Runs the test file of each bug on a program with that bug, all in one run of the test runner;
 * what came of each, in the order of the patches. Each is one bundle: to load all modules of each
 * anew took four times as long.
 */
export async function verdicts(patches: readonly TestedPatch[]): Promise<(Verdict | undefined)[]> {
  const folder = await mkdtemp(BUNDLES);
  try {
    for (const [place, patch] of patches.entries()) {
      const entry = { file: patch.caughtBy.test, format: "esm" } as const;
      // One after the other, for they are all made by one process.
      // oxlint-disable-next-line no-await-in-loop
      await writeFile(join(folder, nameOf(place)), await bundleWith(patch, entry));
    }
    const came = await run(folder);
    return patches.map((_, place) => came.find(({ file }) => basename(file) === nameOf(place)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function nameOf(place: number): string {
  return `${place}.test.mjs`;
}

/** What came of each test file in the folder. Throws if the test runner says nothing. */
async function run(folder: string): Promise<Verdict[]> {
  const config = ["--config", join(ROOT, "test/patches/vitest.config.ts"), "--root", folder];
  const command = [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", ...config];
  const { VITEST: _, ...env } = process.env;
  const output = await new Promise<string>((resolve, reject) => {
    // It exits with 1, for tests fail, as they should.
    execFile(process.execPath, command, { cwd: ROOT, env }, (error, stdout, stderr) => {
      if (stdout === "") reject(new Error(stderr, { cause: error }));
      else resolve(stdout);
    });
  });
  const lines = output.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => verdictSchema.parse(JSON.parse(line)));
}
