import type { Patch } from "./patch.ts";

/** Bugs in what Defender's list is taken to mean. */
export const OF_LISTS: readonly Patch[] = [
  {
    name: "pays for the first page of a list only",
    file: "shared/workflow/poll/list-actions.ts",
    snippet: 'return await spendRead(ports, limits, "list", { share: PAGES_SHARE });',
    replacement: 'return (await spendRead(ports, limits, "list", { share: 1 })) || true;',
    caughtBy: { test: "test/workflow/poll/list-actions-pages.test.ts" },
  },
  {
    name: "asks for pages that nobody pays for",
    file: "shared/defender/list.ts",
    snippet: "if (page > 1 && !(await payPage()))",
    replacement: "if (page > 20 && !(await payPage()))",
    caughtBy: { test: "test/defender/client.test.ts" },
  },
  {
    name: "does not guard an unanswered POST",
    file: "shared/limits/pace/list-lag.ts",
    snippet: "return Math.max(limits.guardMs, slow, unstampedMs(limits) - limits.windowMs);",
    replacement: "return Math.min(0, slow);",
    caughtBy: { breaks: ["once"], seed: 5 },
  },
  {
    name: "ends a session on a status it does not know",
    file: "shared/workflow/poll/judge-listed.ts",
    snippet: "return found ?? null;",
    replacement: `const words = ["Pending", "InProgress", "Succeeded", "Failed", "TimeOut", "Cancelled"];
      if (!found || words.includes(found.status)) return found ?? null;
      return { ...found, status: "Failed" };`,
    caughtBy: { breaks: ["sessions", "machine", "once", "honest", "found"], seed: 4 },
  },
  {
    name: "takes an action the list does not show for gone",
    file: "shared/workflow/poll/judge-listed.ts",
    snippet: "if (facts !== null && !isNews(facts, { ...listing, action }, limits)) continue;",
    replacement: `if (facts?.state === "submitted" && action === null) {
        const stands = await loadSequence(ports.ledger, session.sequenceId);
        if (stands?.value.state !== "submitted") continue;
        const after = {
          ...stands.value,
          state: "waiting",
          place: { kind: "ready" },
          actionId: null,
        } as const;
        const lease = leases.get(session.machineId) ?? null;
        moves.push({ loaded: { before: stands, lease }, after });
        continue;
      }
      if (facts !== null && !isNews(facts, { ...listing, action }, limits)) continue;`,
    caughtBy: { breaks: ["once", "machine"], seed: 1 },
  },
  {
    name: "takes every action for its own",
    file: "shared/ledger/sequence/mark.ts",
    snippet:
      "return a?.sequenceId === b.sequenceId && a.part === b.part && a.attempt === b.attempt;",
    replacement: "return true;",
    caughtBy: { breaks: ["foreign", "honest"], seed: 25 },
  },
  {
    name: "takes an action of an earlier attempt for that of this one",
    file: "shared/ledger/sequence/mark.ts",
    snippet: " && a.attempt === b.attempt;",
    replacement: ";",
    caughtBy: { test: "test/ledger/sequence/mark.test.ts" },
  },
  {
    name: "cancels what is not its own",
    file: "test/simulation/ports.ts",
    snippet: 'await read("cancel", () => tenant.cancel(actionId, comment)),',
    replacement: `await read("cancel", () => {
        const other = tenant.actions.find((each) => !each.ours)?.id;
        return tenant.cancel(other ?? actionId, comment);
      }),`,
    caughtBy: { breaks: ["foreign"], seed: 17 },
  },
  {
    name: "sends again what may have run on a machine that timed out",
    file: "shared/ledger/sequence/progress.ts",
    snippet:
      "if (seen === undefined || seen.startedAtMs !== null || seen.endedAtMs !== null) return false;",
    replacement: "if (seen === undefined) return true;",
    caughtBy: { breaks: ["once", "said", "found"], seed: 71 },
  },
  {
    name: "inherits a cancel of its own from an action that is gone",
    file: "shared/ledger/sequence/moves.ts",
    snippet: '...moved(record, "waiting"), actionId: null, cancel: null }',
    replacement: '...moved(record, "waiting"), actionId: null }',
    caughtBy: { test: "test/ledger/sequence/moves.test.ts" },
  },
  {
    name: "never asks for its open actions",
    file: "shared/workflow/poll/list-actions.ts",
    snippet: "budget.sessions.filter((each) => hasToBeAskedFor(each, nowMs, limits));",
    replacement: "budget.sessions.filter(() => hasToBeAskedFor.length === 0);",
    caughtBy: { breaks: ["honest", "ends", "takenOver", "found"], seed: 9 },
  },
  {
    name: "keeps a machine that was seen among the retries",
    file: "shared/workflow/poll/release-seen.ts",
    snippet: "const after = makeReady(record.value, nowMs, null);",
    replacement: "const after = makeReady(record.value, nowMs, record.value.reason);",
    caughtBy: { test: "test/workflow/poll/release-seen.test.ts" },
  },
  {
    name: "ends what is over in the first lane only",
    file: "shared/workflow/poll/expire-waiting.ts",
    snippet: "const over = readable.filter(({ value }) => (",
    replacement:
      'const over = readable.filter(({ row, value }) => row.key.startsWith("ready!0") && (',
    caughtBy: { test: "test/workflow/poll/expire-waiting.test.ts" },
  },
  {
    name: "asks for lists as seldom as ever while the last few of an incident run",
    file: "shared/limits/pace/list-interval.ts",
    snippet: "binds || areLast(asking, limits) ? BRIEF",
    replacement: "binds ? BRIEF",
    caughtBy: { test: "test/limits/pace/list-interval.test.ts" },
  },
];
