import type { LibraryRules } from "../../shared/limits/library/rules.ts";
import type { LibraryFile } from "../../shared/plan/library/library-file.ts";
import type { Defender, Reply } from "../../shared/ports.ts";

/** A tenant's library that a test may change, with the rules that say what of it may run. */
export interface ALibrary {
  readonly rules: LibraryRules;
  readonly listLibrary: Defender["listLibrary"];
  /** How often it was listed. */
  readonly lists: () => number;
  /** The file as somebody else wrote it; null: it is gone; undefined: as pinned. */
  readonly write: (name: string, sha256: string | null | undefined, updatedAtMs?: number) => void;
  /** What every further list answers; null: the files. */
  readonly answer: (reply: Reply<never> | null) => void;
}

export const AGE_MS = 300_000;

/** What a file of these tests is pinned to. */
export function pinOf(name: string): string {
  return Buffer.from(name.padEnd(32, "-").slice(0, 32)).toString("hex");
}

export const OTHER = "e".repeat(64);

/** A library with these files, all as pinned. */
export function aLibrary(names: readonly string[], more: Partial<LibraryRules> = {}): ALibrary {
  const pins = new Map(names.map((name) => [name, pinOf(name)]));
  const written = new Map<string, { sha256: string | null; updatedAtMs: number }>();
  let lists = 0;
  let told: Reply<never> | null = null;
  return {
    rules: { lists: "self", pins, ageMs: AGE_MS, isPinned: () => true, ...more },
    listLibrary: async () => {
      lists += 1;
      return told ?? { kind: "answered", value: names.flatMap((name) => fileOf(name, written)) };
    },
    lists: () => lists,
    write: (name, sha256 = pinOf(name), updatedAtMs = written.size + 1) => {
      written.set(name, { sha256, updatedAtMs });
    },
    answer: (reply) => {
      told = reply;
    },
  };
}

function fileOf(
  name: string,
  written: ReadonlyMap<string, { sha256: string | null; updatedAtMs: number }>,
): LibraryFile[] {
  const { sha256, updatedAtMs } = written.get(name) ?? { sha256: pinOf(name), updatedAtMs: 0 };
  if (sha256 === null) return [];
  const unsaid = { createdAtMs: null, createdBy: null, description: null };
  return [{ ...unsaid, name, sha256, updatedAtMs }];
}
