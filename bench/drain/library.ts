import type { LibraryRules } from "../../shared/limits/library/rules.ts";
import type { LibraryFile } from "../../shared/plan/library/library-file.ts";

const TOOL = { name: "tool.bin", sha256: "0".repeat(64) };
const UNSAID = { createdAtMs: null, updatedAtMs: null, createdBy: null, description: null };

/** The library of the measured tenant: the one file that its profiles put, as pinned. */
export const LIBRARY: readonly LibraryFile[] = [{ ...UNSAID, ...TOOL }];

/** The library is checked as shipped: by a list that is at most five minutes old. */
export const LIBRARY_RULES: LibraryRules = {
  lists: "self",
  pins: new Map([[TOOL.name, TOOL.sha256]]),
  ageMs: 300_000,
  isPinned: () => true,
};
