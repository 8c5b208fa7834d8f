import type { Patch } from "./patch.ts";

/** Bugs in what may be run from the library. */
export const OF_LIBRARY: readonly Patch[] = [
  {
    name: "runs a file that is not as pinned",
    file: "shared/limits/library/judge-files.ts",
    snippet: "({ name, sha256 }) => rules.pins.get(name) !== sha256);",
    replacement: "({ sha256 }) => sha256 === null);",
    caughtBy: { breaks: ["library"], seed: 26 },
  },
  {
    name: "claims by a list of any age",
    file: "shared/limits/library/note.ts",
    snippet: "return nowMs > listedAtMs + ageMs || ended.length >= ENDED_MAX;",
    replacement: "return nowMs > listedAtMs + ageMs * 10 || ended.length >= ENDED_MAX;",
    caughtBy: { breaks: ["library"], seed: 112 },
  },
  {
    name: "judges the library by the time at which a list was noted",
    file: "shared/limits/library/note.ts",
    snippet: "return { ...note, listedAtMs: askedAtMs, files: next,",
    replacement: "return { ...note, listedAtMs: askedAtMs + 60_000, files: next,",
    caughtBy: { test: "test/store/list-library.test.ts" },
  },
  {
    name: "forgets those that ended while a file changed",
    file: "shared/store/list-library.ts",
    snippet: "return [...open, ...ended].filter(",
    replacement: "return [...open, ...ended.slice(0, 0)].filter(",
    caughtBy: { breaks: ["library"], seed: 36 },
  },
  {
    name: "notes a changed list before those that ran are marked",
    file: "shared/store/list-library.ts",
    snippet: "if (unmarked.length > 0) return { ...nothing, unmarked, changed };",
    replacement: `if (unmarked.length > 0) {
      changeBudget(tx, stored, { ...stored.value, library: after });
      return { ...nothing, unmarked, changed };
    }`,
    caughtBy: { test: "test/store/list-library.test.ts" },
  },
  {
    name: "does not list the library again after the last action",
    file: "shared/workflow/poll/poll.ts",
    snippet: "if (nowMs < note.nextAtMs || !isOutdated(note, library, nowMs)) return;",
    replacement: "if (nowMs < note.nextAtMs + Infinity) return;",
    caughtBy: { breaks: ["ends", "library"], seed: 11 },
  },
  {
    name: "keeps a list that is older than the one that stands",
    file: "shared/store/list-library.ts",
    snippet: "if (before.listedAtMs >= askedAtMs) return nothing;",
    replacement: "void nothing;",
    caughtBy: { test: "test/store/list-library.test.ts" },
  },
];
