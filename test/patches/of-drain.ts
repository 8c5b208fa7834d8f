import type { Patch } from "./patch.ts";

/** Bugs between the claim of a sequence and the record of what its POST came to. */
export const OF_DRAIN: readonly Patch[] = [
  {
    name: "takes a lost answer for a refusal",
    file: "shared/workflow/submit/record-after.ts",
    snippet: "return loseAnswer(record, answer.detail);",
    replacement: 'return giveBack(record, { kind: "ready" }, null);',
    caughtBy: { breaks: ["once", "machine"], seed: 6 },
  },
  {
    name: "takes what a gateway refuses for Defender's word",
    file: "shared/defender/classify.ts",
    snippet: "if (isFinalCode(status, code)) return",
    replacement: "if (status >= 400 && status < 500) return",
    caughtBy: { breaks: ["verdict", "once", "machine"], seed: 6 },
  },
  {
    name: "takes a page with 404 for Defender's word on an action",
    file: "shared/defender/classify.ts",
    snippet: "if (saysAbsent(status, code)) return",
    replacement: "if (status === 404) return",
    caughtBy: { test: "test/defender/classify.test.ts" },
  },
  {
    name: "loses an incident while Defender refuses its token",
    file: "shared/store/look-up-machines.ts",
    snippet: "if (OF_ACCESS.has(reply.httpStatus)) return notFoundOut(of, reply.detail);",
    replacement: "",
    caughtBy: { test: "test/store/look-up-machines.test.ts" },
  },
  {
    name: "sends a POST again when nobody answered",
    file: "shared/workflow/submit/post.ts",
    snippet: "const answer = await defender.submit(",
    replacement: `const twice = async (...post) => {
        const first = await defender.submit(...post);
        return first.kind === "unknown" ? await defender.submit(...post) : first;
      };
      const answer = await twice(`,
    caughtBy: { breaks: ["once", "window", "paused", "expired"], seed: 6 },
  },
  {
    name: "has no send fence",
    file: "shared/workflow/submit/post.ts",
    snippet: "() => limits.sendFenceMs - sinceMs(),",
    replacement: "() => limits.sendFenceMs,",
    caughtBy: {
      breaks: ["paused", "recalled", "expired", "window", "once", "sessions", "machine"],
      seed: 869,
    },
  },
  {
    name: "looks at its clock before the connection, and not after",
    file: "shared/workflow/submit/post.ts",
    snippet: "() => limits.sendFenceMs - sinceMs(),",
    replacement: "((left) => () => (left > 0 ? Infinity : 0))(limits.sendFenceMs - sinceMs()),",
    caughtBy: { test: "test/workflow/submit/post.test.ts" },
  },
  {
    name: "drops the last command",
    file: "shared/workflow/submit/post.ts",
    snippet: "    currentCommands(record),\n",
    replacement: "    currentCommands(record).slice(0, -1),\n",
    caughtBy: { breaks: ["bytes"], seed: 1 },
  },
  {
    name: "runs what has expired",
    file: "shared/workflow/accept/accept.ts",
    snippet: "sweep?.expiresAtMs ?? nowMs + expiryMs;",
    replacement: "sweep?.expiresAtMs ?? nowMs + expiryMs * 10;",
    caughtBy: { breaks: ["expired"], seed: 2 },
  },
  {
    name: "does not record who waits behind a machine on its lease",
    file: "shared/workflow/submit/load-chosen.ts",
    snippet: "const body = { ...lease.value, waiters: true };",
    replacement: "const body = { ...lease.value };",
    caughtBy: { breaks: ["rows", "ends"], seed: 21 },
  },
  {
    name: "leaves those behind a machine where they are when it is free",
    file: "shared/store/change-sequence.ts",
    snippet: "return [...own, ...forward];",
    replacement: "return own;",
    caughtBy: { breaks: ["rows", "ends"], seed: 21 },
  },
  {
    name: "leaks the lease on a machine",
    file: "shared/ledger/sequence/rows.ts",
    snippet: "const gone = [...old.keys()].filter((key) => !next.has(key));",
    replacement:
      'const gone = [...old.keys()].filter((key) => !next.has(key) && !key.startsWith("machine!"));',
    caughtBy: { breaks: ["rows"], seed: 1 },
  },
  {
    name: "forgets the bell it noted",
    file: "shared/store/ring.ts",
    snippet:
      "await ports.bells.ringDrain({ why, runId: null, sequenceIds: [], urgent: false }, delayMs);",
    replacement: "",
    caughtBy: { breaks: ["ends"], seed: 190 },
  },
  {
    name: "keeps its promise to drive when it leaves",
    file: "shared/workflow/submit/drain.ts",
    snippet: "if (drove && !rang) await unlessSetAside(",
    replacement: "if (false) await unlessSetAside(",
    caughtBy: { test: "test/workflow/submit/drain.test.ts" },
  },
  {
    name: "throws where the budget is set aside as a driver leaves",
    file: "shared/workflow/submit/drain.ts",
    snippet: "await unlessSetAside(ports, null, () => stopDriving(ports, hostId));",
    replacement: "await stopDriving(ports, hostId);",
    caughtBy: { test: "test/workflow/submit/drain.test.ts" },
  },
  {
    name: "sits out no time of a probe, for which its bell came early",
    file: "shared/workflow/submit/drain.ts",
    snippet: 'untilMs = "untilMs" in claimed ? claimed.untilMs : null;',
    replacement: 'untilMs = claimed.kind === "wait" ? claimed.untilMs : null;',
    caughtBy: { test: "test/workflow/submit/drain.test.ts" },
  },
  {
    name: "rings for nobody who was accepted",
    file: "shared/workflow/accept/accept.ts",
    snippet: "await bells.ringDrain({ ...bell, runId, urgent }, 0);",
    replacement: "",
    caughtBy: { test: "test/workflow/accept/accept.test.ts" },
  },
  {
    name: "gives the session of a sequence back that still holds it",
    file: "shared/workflow/submit/record-answers.ts",
    snippet: "return holdsSession(after)\n    ? holdSession(next, sessionOf(after))",
    replacement: 'return after.state === "submitted"\n    ? holdSession(next, sessionOf(after))',
    caughtBy: { breaks: ["holding"], seed: 5 },
  },
  {
    name: "ends an intake row before its sequences have their own",
    file: "shared/store/unfold.ts",
    snippet: "tx.stage(changes);",
    replacement: `const [own, ...others] = changes;
      await ports.ledger.commit([{ ...own, etag: "*" }]);
      tx.stage(others);`,
    caughtBy: { breaks: ["kept"], seed: 4 },
  },
  {
    name: "deletes the pointer before the intake row",
    file: "shared/store/unfold.ts",
    snippet: "tx.stage(changes);",
    replacement: `const [own, pointer, ...others] = changes;
      await ports.ledger.commit([pointer]);
      tx.stage([own, ...others]);`,
    caughtBy: { breaks: ["rows"], seed: 4 },
  },
  {
    name: "never looks for what was planned and not rung for",
    file: "shared/workflow/poll/poll.ts",
    snippet: "const unfolded = await unfoldLate(ports, outstanding);",
    replacement: "const unfolded = 0;",
    caughtBy: { breaks: ["ends"], seed: 469 },
  },
  {
    name: "does not move the line on with a claim",
    file: "shared/workflow/submit/claim.ts",
    snippet: "pass: Math.max(budget.pass, ...claimed.map((each) => each.pass)),",
    replacement: "pass: budget.pass,",
    caughtBy: { test: "test/workflow/submit/claim.test.ts" },
  },
  {
    name: "does not ring when it is resumed",
    file: "shared/workflow/operate/pause.ts",
    snippet: 'await ringForReady(ports, limits, { why: "released" });',
    replacement: "",
    caughtBy: { test: "test/workflow/operate/pause.test.ts" },
  },
  {
    name: "never watches again after storage was out of reach once",
    file: "shared/workflow/poll/watch.ts",
    snippet: `    } finally {
      isWatching = false;
    }`,
    replacement: "} finally {}",
    caughtBy: { breaks: ["ends", "takenOver", "found", "quiet"], seed: 5 },
  },
  {
    name: "leaves what a drain has submitted to the next tick of the timer",
    file: "shared/workflow/submit/drain.ts",
    snippet: "if (!hasClaimed && (await nobodyPolls(ports, limits))) watch();",
    replacement: "",
    caughtBy: { test: "test/workflow/submit/drain.test.ts" },
  },
];
