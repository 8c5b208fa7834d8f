import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Invariant } from "../simulation/invariants.ts";

/** A bug, as a change of one file of the project, and who has to catch it. */
export interface Patch {
  /** What the program does with it, in words that go on from "one that". */
  readonly name: string;
  /** Its path, from the root of the project. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly snippet: string;
  readonly replacement: string;
  readonly caughtBy: BySimulation | ByTest;
}

/** Found within `SEEDS` seeds, by a promise that it breaks first. */
interface BySimulation {
  readonly breaks: readonly Invariant[];
  /** Tried first, for it is known to find it; 1 where the first ones do. */
  readonly seed: number;
}

/** A test file, of which at least one test fails with it. */
interface ByTest {
  readonly test: string;
}

export type SimulatedPatch = Patch & { readonly caughtBy: BySimulation };
export type TestedPatch = Patch & { readonly caughtBy: ByTest };

export function isSimulated(patch: Patch): patch is SimulatedPatch {
  return "breaks" in patch.caughtBy;
}

export function isTested(patch: Patch): patch is TestedPatch {
  return "test" in patch.caughtBy;
}

const ROOT = new URL("../../", import.meta.url);

/** Where the patched file is, absolute. */
export function pathOf({ file }: Patch): string {
  return fileURLToPath(new URL(file, ROOT));
}

/** The text of the file with the bug in it. Throws unless the snippet is there exactly once. */
export function patched(patch: Patch): string {
  const text = textOf(patch);
  const trouble = troubleOf(patch, text);
  if (text === null || trouble !== null) throw new Error(trouble ?? "");
  // As a function, for a dollar sign has a meaning in a replacement.
  return text.replace(patch.snippet, () => patch.replacement);
}

/** What stands in its file; null if there is no such file. */
export function textOf(patch: Patch): string | null {
  const path = pathOf(patch);
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}

/** Why the patch does not fit the text of its file, in a sentence; null if it does. */
export function troubleOf(
  { name, file, snippet, replacement }: Patch,
  text: string | null,
): string | null {
  const anew = "look for what the bug would be in the code as it is now, and write the patch anew.";
  if (text === null) return `The file of the patch "${name}", ${file}, is gone: ${anew}`;
  if (snippet === replacement) return `The patch "${name}" changes nothing.`;
  const times = text.split(snippet).length - 1;
  if (times === 1) return null;
  const there = times === 0 ? "no longer" : `${times} times`;
  return `The snippet of the patch "${name}" is ${there} in ${file}: ${anew}`;
}
