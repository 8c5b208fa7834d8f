import type { Patch } from "./patch.ts";

const OWNER = "shared/limits/judge/judge-owner.ts";
const OWNER_TEST = { test: "test/limits/judge/judge-owner.test.ts" };
const ORPHANS = { test: "test/workflow/poll/note-impersonation.test.ts" };

/** Bugs in how lrq tells its own actions from those of strangers who know its marks. */
export const OF_STRANGERS: readonly Patch[] = [
  {
    name: "takes the mark of an attempt that nobody made",
    file: OWNER,
    snippet: 'if (claim === null && !mayBeClaimed(known, mark)) return "attempt";',
    replacement: "if (known.part < 0 && !mayBeClaimed(known, mark)) return null;",
    caughtBy: { breaks: ["stranger", "foreign"], seed: 4 },
  },
  {
    name: "compares no nonce",
    file: OWNER,
    snippet: 'if (nonceIn(action.comment) !== (claim?.nonce ?? null)) return "nonce";',
    replacement: 'if (nonceIn(action.comment) === "") return "nonce";',
    caughtBy: { breaks: ["stranger", "foreign"], seed: 58 },
  },
  {
    name: "forgets that an attempt has one action",
    file: OWNER,
    snippet: 'if (only !== null && only !== action.id) return "second";',
    replacement: 'if (only === "") return "second";',
    caughtBy: { breaks: ["stranger", "foreign"], seed: 349 },
  },
  {
    name: "takes an action with other commands for its own",
    file: OWNER,
    snippet: 'if (!fitsCommands(known.parts?.[mark.part], action.commands)) return "commands";',
    replacement: 'if (!fitsCommands([], [])) return "commands";',
    caughtBy: OWNER_TEST,
  },
  {
    name: "takes an action of any age for its own",
    file: OWNER,
    snippet: "return atMs === null || (atMs >= fromMs && atMs <= untilMs);",
    replacement: "return atMs === null || fromMs <= untilMs;",
    caughtBy: OWNER_TEST,
  },
  {
    name: "does not count the session of an impersonator",
    file: "shared/workflow/poll/sightings.ts",
    snippet: "return session === undefined || !isAwaited(session, action, about);",
    replacement: "return session === undefined;",
    caughtBy: ORPHANS,
  },
  {
    name: "learns what it is called from anybody",
    file: "shared/workflow/poll/sightings.ts",
    snippet: "return isOwn ? withRequestor(known, action.requestor) : known;",
    replacement: "return withRequestor(known, action.requestor);",
    caughtBy: ORPHANS,
  },
  {
    name: "says of an impersonator at every poll",
    file: "shared/ledger/sequence/impersonation.ts",
    snippet: "return isKnown || known.length >= IMPERSONATIONS_MAX ? known : [...known, found];",
    replacement: "return isKnown && known.length < 0 ? known : [...known, found];",
    caughtBy: ORPHANS,
  },
  {
    name: "forgets a refusal of all because its claim was resolved meanwhile",
    file: "shared/workflow/submit/record-answers.ts",
    snippet: "return isOver ? stamped : lockedOutBy(stamped, refusal, limits);",
    replacement:
      "return isOver || limits.windowMs > 0 ? stamped : lockedOutBy(stamped, refusal, limits);",
    caughtBy: { test: "test/workflow/submit/record-answers.test.ts" },
  },
];
