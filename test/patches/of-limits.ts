import type { Patch } from "./patch.ts";

/** Bugs in what counts calls, sessions and reads. */
export const OF_LIMITS: readonly Patch[] = [
  {
    name: "counts by the fixed minute",
    file: "shared/limits/pace/window.ts",
    snippet: ": slot.stampedAtMs + limits.windowMs;",
    replacement: ": (Math.floor(slot.stampedAtMs / limits.windowMs) + 1) * limits.windowMs;",
    caughtBy: { breaks: ["window"], seed: 4 },
  },
  {
    name: "stamps a call before its answer is in",
    file: "shared/limits/pace/budget.ts",
    snippet: "reservedAtMs: latestMs, stampedAtMs: null }",
    replacement: "reservedAtMs: latestMs, stampedAtMs: latestMs }",
    caughtBy: { breaks: ["window"], seed: 37 },
  },
  {
    name: "lets one call too many into a window",
    file: "shared/limits/pace/admit.ts",
    snippet: "const free = limits.callsPerWindow - taken.length;",
    replacement: "const free = limits.callsPerWindow + 1 - taken.length;",
    caughtBy: { breaks: ["window"], seed: 4 },
  },
  {
    name: "frees the slot of a dead host a window after its claim",
    file: "shared/limits/pace/limits.ts",
    snippet: "return limits.sendFenceMs + limits.callTimeoutMs + limits.windowMs;",
    replacement: "return limits.windowMs;",
    caughtBy: { test: "test/limits/pace/window.test.ts" },
  },
  {
    name: "stamps the slot of another attempt",
    file: "shared/limits/pace/window.ts",
    snippet: "(reservedAtMs === null || slot.reservedAtMs === reservedAtMs),",
    replacement: "true,",
    caughtBy: { test: "test/limits/pace/window.test.ts" },
  },
  {
    name: "goes on while paused",
    file: "shared/limits/pace/admit.ts",
    snippet: 'if (budget.paused !== null) return { kind: "paused" };',
    replacement: "",
    caughtBy: { breaks: ["paused"], seed: 1 },
  },
  {
    name: "does not count Pending as a session",
    file: "shared/limits/pace/budget.ts",
    snippet: "const used = budget.sessions.length + budget.foreign;",
    replacement:
      'const used = budget.sessions.filter(({ seen }) => seen?.[0] !== "Pending").length;',
    caughtBy: { breaks: ["sessions"], seed: 14 },
  },
  {
    name: "does not count the sessions of others",
    file: "shared/limits/pace/budget.ts",
    snippet: "const used = budget.sessions.length + budget.foreign;",
    replacement: "const used = budget.sessions.length;",
    caughtBy: { test: "test/limits/pace/budget.test.ts" },
  },
  {
    name: "forgets after a closure that one call goes first, alone",
    file: "shared/limits/pace/throttled.ts",
    snippet: "closedUntilMs, step, untried: true, ",
    replacement: "closedUntilMs, step, untried: false, ",
    caughtBy: { test: "test/limits/pace/budget.test.ts" },
  },
  {
    name: "opens a closed door by the answer to a call that left before",
    file: "shared/limits/pace/budget.ts",
    snippet: "if (latestMs < budget.door.closedUntilMs) return budget;",
    replacement: "",
    caughtBy: { test: "test/limits/pace/budget.test.ts" },
  },
  {
    name: "does not count lists and links",
    file: "shared/limits/pace/quota.ts",
    snippet: 'if (untilMs > 0) return { kind: "wait", untilMs };',
    replacement: "",
    caughtBy: { breaks: ["reads"], seed: 23 },
  },
  {
    name: "trusts a clock to run as fast as every other",
    file: "shared/limits/pace/interval-clock.ts",
    snippet: "const DRIFT = 200e-6;",
    replacement: "const DRIFT = 0;",
    caughtBy: { test: "test/limits/pace/interval-clock.test.ts" },
  },
  {
    name: "lends the sessions kept for urgent work to any sweep",
    file: "shared/limits/pace/admit.ts",
    snippet: "return running * LENT_PACES * paceMs(limits) >= meanSessionMs;",
    replacement: "return true;",
    caughtBy: { test: "test/limits/pace/reserve.test.ts" },
  },
  {
    name: "lets lower lanes go before urgent work that has room",
    file: "shared/limits/pace/choose.ts",
    snippet: "return { keys: [...urgent, ...lower.slice(0, 1)], paceUntilMs: null };",
    replacement: "return { keys: [...lower.slice(0, 1), ...urgent], paceUntilMs: null };",
    caughtBy: { test: "test/limits/pace/choose.test.ts" },
  },
];
