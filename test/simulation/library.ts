import { createHash } from "node:crypto";
import type { LibraryRules } from "../../shared/limits/library/rules.ts";
import { filesOf } from "../../shared/plan/command/library-files.ts";
import type { LibraryFile } from "../../shared/plan/library/library-file.ts";
import { CATALOGUE } from "./profiles.ts";
import type { LibraryChange, Scenario } from "./scenario.ts";

/** The files that the profiles of a simulation use, and what they are pinned to. */
export const PINS: ReadonlyMap<string, string> = new Map(
  [...CATALOGUE.values()]
    .flatMap(({ profile }) => filesOf(profile.commands))
    .map((name) => [name, sha256(`${name} as pinned`)]),
);

/** What the drains and polls of a scenario know of the library; null if they check nothing. */
export function rulesOf({ library }: Pick<Scenario, "library">): LibraryRules | null {
  if (library === null) return null;
  return { lists: "self", pins: PINS, ageMs: library.ageMs, isPinned: () => true };
}

/** The SHA-256 of a file at a time after the start; null if it is not there. */
export function hashAt(library: Scenario["library"], name: string, atMs: number): string | null {
  const last = lastChange(library, name, atMs);
  if (last === undefined || last.to === "pinned") return PINS.get(name) ?? null;
  return last.to === "gone" ? null : sha256(`${name} of somebody else`);
}

/** The library as a list shows it, `atMs` after the start. */
export function libraryAt(library: Scenario["library"], atMs: number): readonly LibraryFile[] {
  return [...PINS.keys()].flatMap((name) => {
    const sha = hashAt(library, name, atMs);
    if (sha === null) return [];
    const updatedAtMs = lastChange(library, name, atMs)?.atMs ?? 0;
    const unsaid = { createdAtMs: null, createdBy: null, description: null };
    return [{ ...unsaid, name, sha256: sha, updatedAtMs }];
  });
}

function lastChange(
  library: Scenario["library"],
  name: string,
  atMs: number,
): LibraryChange | undefined {
  return library?.changes.findLast((each) => each.name === name && each.atMs <= atMs);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
