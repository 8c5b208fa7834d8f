import type { Patch } from "./patch.ts";

const ORPHANS = { test: "test/workflow/poll/orphan-actions.test.ts" };
const LIST_TEST = { test: "test/workflow/poll/list-actions.test.ts" };
const ANSWERS = { test: "test/workflow/submit/record-answers.test.ts" };

/** Bugs in what becomes of an action that is listed late, and in what a poll counts. */
export const OF_LATE: readonly Patch[] = [
  {
    name: "never cancels a second action",
    file: "shared/workflow/poll/orphan-actions.ts",
    snippet: "const mayCancel = isOpen && ",
    replacement: "const mayCancel = isOpen && before.state === null && ",
    caughtBy: ORPHANS,
  },
  {
    name: "cancels no action of a sequence that is over",
    file: "shared/limits/judge/judge-late.ts",
    snippet: "if (mark.part !== record.part) return second",
    replacement: "if (record.endedAtMs !== null) return FORGET; if (!isOver) return second",
    caughtBy: ORPHANS,
  },
  {
    name: "sends again what a list has shown, because another has the machine",
    file: "shared/workflow/submit/claim.ts",
    snippet: "...shownIn(budget.value.lost)",
    replacement: "",
    caughtBy: { test: "test/workflow/submit/claim.test.ts" },
  },
  {
    name: "forgets what a list has shown while another has the machine",
    file: "shared/workflow/poll/orphan-actions.ts",
    snippet: "await noteShown(ports, orphan);",
    replacement: "",
    caughtBy: ORPHANS,
  },
  {
    name: "cancels its own earlier action as a second one",
    file: "shared/limits/judge/judge-late.ts",
    snippet: 'if (isGivenUp(record, mark)) return { kind: "adopt" };',
    replacement: "if (isGivenUp(record, mark)) return second(record, mark, action);",
    caughtBy: ORPHANS,
  },
  {
    name: "says nothing of a second action that has run",
    file: "shared/workflow/poll/orphan-actions.ts",
    snippet: "const hasRun = late.ran && !ranBefore;",
    replacement: "const hasRun = late.ran && ranBefore;",
    caughtBy: ORPHANS,
  },
  {
    name: "gives an attempt the number of another",
    file: "shared/ledger/sequence/moves.ts",
    snippet: "Math.max(record.attempt, record.attempts) + 1",
    replacement: "record.attempt + 1",
    caughtBy: ORPHANS,
  },
  {
    name: "does not compare the attempt when it records an answer",
    file: "shared/workflow/submit/record-answers.ts",
    snippet: "stored.value.attempt === attempt",
    replacement: "attempt > 0",
    caughtBy: ANSWERS,
  },
  {
    name: "opens the door by an answer that is not known",
    file: "shared/workflow/submit/record-answers.ts",
    snippet: 'if (answer.kind === "unknown") return',
    replacement: 'if (answer.kind === "notSent") return',
    caughtBy: ANSWERS,
  },
  {
    name: "counts old sessions of others twice",
    file: "shared/workflow/poll/sightings.ts",
    snippet: "foreignIn(actions, budget, about) + foreignOld",
    replacement: "foreignIn(actions, budget, about) + foreignOld * 2",
    caughtBy: LIST_TEST,
  },
  {
    name: "forgets the sessions of others when a list fails",
    file: "shared/workflow/poll/list-actions.ts",
    snippet: "      ...withPollerLease(current, lease),\n",
    replacement: "      ...withPollerLease(current, lease),\n      foreign: 0,\n",
    caughtBy: LIST_TEST,
  },
  {
    name: "lists one hour only, however old its claims are",
    file: "shared/workflow/poll/list-actions.ts",
    snippet: "Math.min(oldestClaimMs(asking, nowMs) - LIST_MARGIN_MS, nowMs - FOREIGN_SPAN_MS)",
    replacement: "Math.max(0, nowMs - FOREIGN_SPAN_MS + asking.length * 0)",
    caughtBy: LIST_TEST,
  },
  {
    name: "looks for nothing it gave up once nothing else is open",
    file: "shared/workflow/poll/poll.ts",
    snippet: " && !missesPosts(outstanding, ports.clock.earliest())",
    replacement: "",
    caughtBy: { test: "test/workflow/poll/poll.test.ts" },
  },
  {
    name: "takes an action without a comment for its own on any machine",
    file: "shared/limits/judge/judge-owner.ts",
    snippet:
      'if (action.machineId !== null && action.machineId !== known.machineId) return "machine";',
    replacement: 'if (action.machineId === "") return "machine";',
    caughtBy: { test: "test/limits/judge/judge-submitted.test.ts" },
  },
  {
    name: "keeps its guard time however slow lists are",
    file: "shared/limits/pace/list-lag.ts",
    snippet: "Math.max(limits.guardMs, slow, ",
    replacement: "Math.max(limits.guardMs, slow * 0, ",
    caughtBy: { test: "test/limits/pace/list-lag.test.ts" },
  },
  {
    name: "cancels when it expires what nothing shows to be its own",
    file: "shared/workflow/poll/expire-unseen.ts",
    snippet: "const isOurs = isListed || !before.value.unmarked;",
    replacement: "const isOurs = true;",
    caughtBy: { test: "test/workflow/poll/expire-unseen.test.ts" },
  },
  {
    name: "takes an action for lost while lists need longer to show it",
    file: "shared/limits/judge/judge.ts",
    snippet: "const longestMs = Math.max(UNLISTED_MS, guardMs(lagMs, limits));",
    replacement: "const longestMs = Math.max(UNLISTED_MS, guardMs(lagMs * 0, limits));",
    caughtBy: { test: "test/limits/judge/judge-submitted.test.ts" },
  },
];
