import type { Patch } from "./patch.ts";

/** Bugs in the rounds of sweeps. */
export const OF_SWEEPS: readonly Patch[] = [
  {
    name: "accepts what a round has in hand although the round was stopped",
    file: "shared/workflow/accept/write-run.ts",
    snippet: "...(guard === null ? [] : [guard]),",
    replacement: "",
    caughtBy: { test: "test/workflow/sweep/steer-round.test.ts" },
  },
  {
    name: "does not write down that a due time is decided",
    file: "shared/workflow/sweep/start-round.ts",
    snippet: "const decided = { ...sweep.value, decidedAtMs: due.decidedAtMs };",
    replacement: "const decided = { ...sweep.value };",
    caughtBy: { breaks: ["rounds", "ends"], seed: 16 },
  },
  {
    name: "counts a machine that is in hand as one that waits",
    file: "shared/workflow/sweep/send-machines.ts",
    snippet: 'left === null ? "inHand" : { ended: left }',
    replacement: 'left === null ? "held" : { ended: left }',
    caughtBy: { breaks: ["sums"], seed: 1 },
  },
  {
    name: "tries again what was under way when its round was stopped",
    file: "shared/ledger/sequence/moves.ts",
    snippet: "(record.part > 0 ? null : record.stopped)",
    replacement: "null",
    caughtBy: { test: "test/workflow/sweep/steer-round.test.ts" },
  },
  {
    name: "goes on with a listing of before a rerun",
    file: "shared/workflow/sweep/list-machines.ts",
    snippet: "round.value.listings !== seen.listings",
    replacement: "false",
    caughtBy: { test: "test/workflow/sweep/steer-round.test.ts" },
  },
  {
    name: "forgets to cancel what a stopped round has sent",
    file: "shared/workflow/sweep/cancel-sent.ts",
    snippet: "for (const batch of uncounted) {",
    replacement: "for (const batch of uncounted.slice(1)) {",
    caughtBy: { breaks: ["stopped"], seed: 68 },
  },
  {
    name: "goes on although the store of rows did not take them",
    file: "shared/workflow/collect/store-rows.ts",
    snippet: "await ports.rows.append(to, piece);",
    replacement: "await ports.rows.append(to, piece).catch(() => null);",
    caughtBy: { breaks: ["answers"], seed: 391 },
  },
  {
    name: "gives rows twice that were appended twice",
    file: "shared/workflow/view/rows/read-round.ts",
    snippet: "last.set(header.machineId, { header, path, places });",
    replacement: "last.set(header.block, { header, path, places });",
    caughtBy: { breaks: ["answers"], seed: 10 },
  },
  {
    name: "tells nobody that a round has reached too few machines",
    file: "shared/workflow/sweep/close-round.ts",
    snippet: "if (short) tx.stage(",
    replacement: "if (false) tx.stage(",
    caughtBy: { breaks: ["short"], seed: 16 },
  },
  {
    name: "calls a round short that has reached just enough",
    file: "shared/workflow/sweep/close-round.ts",
    snippet: "reached < coverage * targeted",
    replacement: "reached <= coverage * targeted",
    caughtBy: { breaks: ["short"], seed: 27 },
  },
];
