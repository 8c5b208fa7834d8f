import type { Patch } from "./patch.ts";

/** Bugs in what is asked for one machine of a run: to run it again, or to end it. */
export const OF_RETRIES: readonly Patch[] = [
  {
    name: "runs again what still goes on",
    file: "shared/workflow/accept/retry-sequence.ts",
    snippet: "if (!isTerminal(last)) {",
    replacement: 'if (last.state === "waiting") {',
    caughtBy: { breaks: ["retried"], seed: 2 },
  },
  {
    name: "gives all retries of a run one id",
    file: "shared/plan/identity.ts",
    snippet: 'digest([runId, "retry", sequenceId], SEQUENCE_CHARACTERS)',
    replacement: 'digest([runId, "retry"], SEQUENCE_CHARACTERS)',
    caughtBy: { breaks: ["retried"], seed: 6 },
  },
  {
    name: "retries the first one again and again",
    file: "shared/workflow/accept/retry-sequence.ts",
    snippet: "    last = next;",
    replacement: "    if (isTerminal(last.value)) break;",
    caughtBy: { test: "test/workflow/accept/retry-sequence.test.ts" },
  },
  {
    name: "retries for somebody who may not run anything again",
    file: "shared/workflow/accept/retry-sequence.ts",
    snippet: 'whyNot(caller, "again", { source }) ??',
    replacement: 'whyNot(caller, "incident.submit", { source }) ??',
    caughtBy: { test: "test/workflow/accept/retry-sequence.test.ts" },
  },
  {
    name: "ends one sequence without a line about who asked for it",
    file: "shared/workflow/operate/cancel-sequence.ts",
    snippet: 'await recordForRun(ports, runId, "cancelAsked", { by, record });',
    replacement: "if (by === record.machineId) return NONE;",
    caughtBy: { test: "test/workflow/operate/cancel-sequence.test.ts" },
  },
];
