import type { Patch } from "./patch.ts";

/** Bugs in what tells others of a run. */
export const OF_CALLBACKS: readonly Patch[] = [
  {
    name: "deletes a notice before it is sent",
    file: "shared/workflow/notify/send-notice.ts",
    snippet: "const judgement = await tell(ports, settings, notice, run.value);",
    replacement: `await ports.ledger.commit([{ op: "delete", key, etag: row.etag }]);
      const judgement = await tell(ports, settings, notice, run.value);`,
    caughtBy: { breaks: ["notified"], seed: 7 },
  },
  {
    name: "gives every try an id of its own",
    file: "shared/callback/request.ts",
    snippet: '"webhook-id": id,',
    replacement: '"webhook-id": id + " at " + timestamp,',
    caughtBy: { breaks: ["notified"], seed: 7 },
  },
  {
    name: "takes every answer for a good one",
    file: "shared/callback/judge-answer.ts",
    snippet: "const said = wordsFor(answer);",
    replacement: 'return { kind: "delivered" };',
    caughtBy: { breaks: ["notified"], seed: 7 },
  },
  {
    name: "loses the bell for callbacks every time",
    file: "shared/workflow/notify/ring-notices.ts",
    snippet: "await bells.ringCallback({ noticeId, dueAtMs });",
    replacement: "",
    caughtBy: { breaks: ["ends"], seed: 7 },
  },
  {
    name: "goes on owing to who wants no more",
    file: "shared/ledger/outbox/notice.ts",
    snippet: "target.endedAtMs === null && wants(target, event)",
    replacement: "wants(target, event)",
    caughtBy: { breaks: ["notified"], seed: 22 },
  },
  {
    name: "tells nobody that a sequence has ended",
    file: "shared/ledger/outbox/run-notices.ts",
    snippet: 'const ended = noticesOf(run, "sequence.ended", sequenceId, nowMs);',
    replacement: "const ended: Notice[] = [];",
    caughtBy: { breaks: ["notified"], seed: 22 },
  },
  {
    name: "follows a receiver that asks to wait for longer than a day",
    file: "shared/callback/judge-answer.ts",
    snippet: "Math.min(asked, RETRY_AFTER_MAX_MS)",
    replacement: "asked",
    caughtBy: { test: "test/callback/judge-answer.test.ts" },
  },
  {
    name: "gives a callback another id whenever it is told",
    file: "shared/ledger/outbox/notice.ts",
    snippet: "sequenceId ?? String(run.accepted)]),",
    replacement: "sequenceId ?? String(run.accepted), String(atMs)]),",
    caughtBy: { test: "test/ledger/outbox/notice.test.ts" },
  },
  {
    name: "does not judge a callback from the request again when it is sent",
    file: "shared/callback/targets.ts",
    snippet: "const trouble = urlTrouble(to.url, rules);",
    replacement: 'const trouble = of.from === "request" ? null : urlTrouble(to.url, rules);',
    caughtBy: { test: "test/callback/targets.test.ts" },
  },
  {
    name: "gives a callback up although its target wants to be told again by now",
    file: "shared/workflow/notify/send-notice.ts",
    snippet: 'await commitOnce(ports, [{ op: "delete", key, etag }, unchanged(run)]);',
    replacement: 'await commitOnce(ports, [{ op: "delete", key, etag }]);',
    caughtBy: { test: "test/workflow/notify/send-notice.test.ts" },
  },
  {
    name: "tells nobody that a run has paused itself",
    file: "shared/store/change-sequence.ts",
    snippet: "tx.stage(owing(noticesOfPause(run.value, ended, nowMs)));",
    replacement: "",
    caughtBy: { breaks: ["notified"], seed: 515 },
  },
  {
    name: "tells nobody that a plan waits for an approval",
    file: "shared/workflow/accept/write-run.ts",
    snippet: "...owing(noticesOfPlan(body, { known: [...known.values()], added }, nowMs)),",
    replacement: "",
    caughtBy: { breaks: ["notified"], seed: 42 },
  },
  {
    name: "tells of the library with every sequence that it holds",
    file: "shared/workflow/submit/load-chosen.ts",
    snippet: "if (run === null || run.value.driftToldAtMs !== null) return;",
    replacement: "if (run === null) return;",
    caughtBy: { test: "test/workflow/submit/drain-library.test.ts" },
  },
];
