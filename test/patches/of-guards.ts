import type { Patch } from "./patch.ts";

/** Bugs in what stands between an accepted incident and its submission. */
export const OF_GUARDS: readonly Patch[] = [
  {
    name: "opens a gate when one of the first wave has ended",
    file: "shared/ledger/gate.ts",
    snippet: 'if (state === "first" && open <= held) {',
    replacement: 'if (state === "first" && (open <= held || done > 0)) {',
    caughtBy: { breaks: ["gate", "wave"], seed: 7 },
  },
  {
    name: "looks at no gate when it claims",
    file: "shared/workflow/make-way.ts",
    snippet: "const after = placed(record.value, run.value);",
    replacement: "const after = record.value;",
    caughtBy: { test: "test/workflow/pause-of-a-run.test.ts" },
  },
  {
    name: "places new sequences without a look at the gate",
    file: "shared/workflow/write-run.ts",
    snippet: "sequences.map((each) => placed(each, { gate, approval }));",
    replacement: "[...sequences];",
    caughtBy: { test: "test/workflow/waves.test.ts" },
  },
  {
    name: "counts nobody as held back",
    file: "shared/ledger/gate.ts",
    snippet: 'if (gate?.state !== "first") return gate;',
    replacement: "return gate;",
    caughtBy: { breaks: ["gate"], seed: 7 },
  },
  {
    name: "forgets that a gate has turned",
    file: "shared/ledger/run.ts",
    snippet: "if (after.turns === before.turns) return [];",
    replacement: "return [];",
    caughtBy: { breaks: ["ends", "gate"], seed: 7 },
  },
  {
    name: "looks at no approval when it claims",
    file: "shared/ledger/approval.ts",
    snippet: "return approvals.by.length < approvals.needed;",
    replacement: "return approvals.by.length < 0;",
    caughtBy: { breaks: ["approved"], seed: 13 },
  },
  {
    name: "takes two approvals of one person for two",
    file: "shared/ledger/approval.ts",
    snippet: "if (before.some((each) => isSame(each, asked))) {",
    replacement: "if (before.length < 0) {",
    caughtBy: { breaks: ["approved"], seed: 13 },
  },
  {
    name: "lets who asks approve",
    file: "shared/ledger/approval.ts",
    snippet: "if (approval.requesters.some((each) => isSame(each, asked))) {",
    replacement: "if (approval.needed < 0) {",
    caughtBy: { breaks: ["approved"], seed: 13 },
  },
  {
    name: "takes any approval for one of the plan that stands",
    file: "shared/ledger/approval.ts",
    snippet: "if (asked.planHash !== planHash) {",
    replacement: "if (planHash === null) {",
    caughtBy: { breaks: ["approved"], seed: 16 },
  },
  {
    name: "counts approvals that were given for an older plan",
    file: "shared/ledger/approval.ts",
    snippet: "const before = approval.given.filter((each) => each.planHash === planHash);",
    replacement: "const before = approval.given;",
    caughtBy: { test: "test/ledger/approval.test.ts" },
  },
  {
    name: "does not judge the scope again for a machine that came without facts",
    file: "shared/workflow/make-way.ts",
    snippet: "const verdict = judgeMachine(scope, record.machineId, record.machineFacts);",
    replacement: `const verdict =
      record.machineFacts === null
        ? ({ kind: "allowed" } as const)
        : judgeMachine(scope, record.machineId, record.machineFacts);`,
    caughtBy: { test: "test/workflow/claim.test.ts" },
  },
  {
    name: "does not begin the day of callers anew at midnight",
    file: "shared/workflow/count-machines.ts",
    snippet: "return counts.day >= day ? counts : { ...NO_COUNTS, day };",
    replacement: "return counts.day >= day ? counts : { ...counts, machines: 0, day };",
    caughtBy: { test: "test/workflow/caps.test.ts" },
  },
  {
    name: "lets two requests at once take the same room under a cap",
    file: "shared/workflow/count-machines.ts",
    snippet: ': { op: "replace", key: CAPS_KEY, body, etag: stored.etag };',
    replacement: ': { op: "replace", key: CAPS_KEY, body, etag: "*" };',
    caughtBy: { test: "test/workflow/caps.test.ts" },
  },
];
