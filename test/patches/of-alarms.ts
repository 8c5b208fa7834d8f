import type { Patch } from "./patch.ts";

/** Bugs by which an alarm would stay silent, or never end. */
export const OF_ALARMS: readonly Patch[] = [
  {
    name: "says that it polls only while something is open",
    file: "shared/workflow/poll/tell-polled.ts",
    snippet: "if (nowMs >= polledFromMs) {",
    replacement: "if (outstanding && nowMs >= polledFromMs) {",
    caughtBy: { test: "test/workflow/poll/watch.test.ts" },
  },
  {
    name: "writes a line about the queue with each poll",
    file: "shared/workflow/poll/tell-polled.ts",
    snippet: "if (!outstanding || nowMs < stateFromMs) return;",
    replacement: "if (!outstanding) return;",
    caughtBy: { test: "test/workflow/poll/watch.test.ts" },
  },
  {
    name: "calls the door open before a POST has got through",
    file: "shared/workflow/view/tell-state.ts",
    snippet: "return door.untried || door.closedUntilMs > nowMs",
    replacement: "return door.closedUntilMs > nowMs",
    caughtBy: { test: "test/workflow/view/tell-state.test.ts" },
  },
  {
    name: "tells of the deadline of an approval that was given",
    file: "shared/ledger/run/summary.ts",
    snippet: "isOver || approval?.granted !== null ? null : approval.expiresAtMs",
    replacement: "isOver ? null : (approval?.expiresAtMs ?? null)",
    caughtBy: { test: "test/workflow/view/tell-state.test.ts" },
  },
  {
    name: "looks for deadlines of approvals in the newest thousand runs only",
    file: "shared/workflow/view/tell-state.ts",
    snippet: "const PAGES_MAX = 10;",
    replacement: "const PAGES_MAX = 1;",
    caughtBy: { test: "test/workflow/view/tell-state.test.ts" },
  },
  {
    name: "counts how long urgent work waits from when it was accepted",
    file: "shared/ledger/sequence/rows.ts",
    snippet: "return readyAtMs ?? acceptedAtMs;",
    replacement: "return readyAtMs === null ? acceptedAtMs : acceptedAtMs;",
    caughtBy: { test: "test/workflow/view/tell-state.test.ts" },
  },
  {
    name: "does not tell the log of storage when a timer cannot reach it",
    file: "functions/transport.ts",
    snippet: "if (isOutOfReach(error)) logOutOfReach(error, context);",
    replacement: "",
    caughtBy: { test: "test/functions/thrown.test.ts" },
  },
  {
    name: "reads on in an audit log where records are missing, and says nothing",
    file: "shared/workflow/view/read-audit.ts",
    snippet: "if (rows.length < limit || last - from + 1 > rows.length) {",
    replacement: "if (rows.length > limit) {",
    caughtBy: { test: "test/workflow/view/read-audit.test.ts" },
  },
];
