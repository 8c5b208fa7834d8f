import type { Patch } from "./patch.ts";

/** Bugs in the command line that fills the tenant's library. */
export const OF_SCRIPTS: readonly Patch[] = [
  {
    name: "replaces what somebody else has uploaded meanwhile",
    file: "local/library/apply-change.ts",
    snippet: 'return await tenant.upload(file, does === "replace");',
    replacement: 'return await tenant.upload(file, does !== "delete");',
    caughtBy: { test: "test/local/library/lost-answers.test.ts" },
  },
  {
    name: "uploads again after a lost answer without a look",
    file: "local/library/apply-change.ts",
    snippet: "if (isDone) return DONE;",
    replacement: "if (isDone) return null;",
    caughtBy: { test: "test/local/library/lost-answers.test.ts" },
  },
  {
    name: "takes a file for lrq's whose bytes somebody else has replaced",
    file: "local/library/compare.ts",
    snippet: 'return sha256 !== null && (description ?? "").trim().endsWith(markOf(sha256));',
    replacement: 'return sha256 !== null && (description ?? "").includes("(lrq ");',
    caughtBy: { test: "test/local/library/status.test.ts" },
  },
  {
    name: "does not look again after the question",
    file: "local/library/apply.ts",
    snippet: "if (moved === undefined) return null;",
    replacement: "if (moved !== null) return null;",
    caughtBy: { test: "test/local/library/apply.test.ts" },
  },
  {
    name: "lets a page of the library pass for all of it",
    file: "shared/defender/library.ts",
    snippet: "if (nextLink !== null) {",
    replacement: 'if (nextLink === "") {',
    caughtBy: { test: "test/defender/library.test.ts" },
  },
];
