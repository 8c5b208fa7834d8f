import { describe, expect, it } from "vitest";
import {
  CALLBACK_EVENTS,
  eventsIn,
  targetSchema,
  type CallbackEvent,
  type CallbackTarget,
} from "../../../shared/ledger/outbox/notice.ts";
import {
  noticesOfDrift,
  noticesOfPause,
  noticesOfPlan,
} from "../../../shared/ledger/outbox/run-notices.ts";
import { planHashOf } from "../../../shared/ledger/run/approval.ts";
import { aRun } from "../a-run.ts";
import { aSequence, HOUR_MS, RUN_ID, START_MS } from "../a-sequence.ts";

function target(targetId: string, events: readonly CallbackEvent[]): CallbackTarget {
  return {
    targetId,
    from: "setting",
    caller: "soar",
    shape: "generic",
    host: "hooks.contoso.example",
    url: null,
    armId: null,
    ...eventsIn(events),
    delivered: null,
    endedAtMs: null,
  };
}

const CALLBACKS = [target("all", CALLBACK_EVENTS), target("usual", ["run.accepted"])];
const unapproved = (nth: number) =>
  aSequence({
    sequenceId: `${RUN_ID}.mnpqrstvwx${String(nth).padStart(2, "0")}`,
    approvals: { needed: 1, by: [] },
  });
const APPROVAL = {
  needed: 1,
  expiresAtMs: START_MS + HOUR_MS / 2,
  requesters: [{ by: "soar", objectId: null }],
  given: [],
  granted: null,
};

describe("a plan that waits for an approval", () => {
  const run = aRun({ callbacks: CALLBACKS, approval: APPROVAL });

  it("is owed to who wants to hear of it, with its hash, size and deadline", () => {
    const [known, added] = [unapproved(1), unapproved(2)];
    const [notice, ...others] = noticesOfPlan(run, { known: [known], added: [added] }, START_MS);
    expect(others).toEqual([]);
    expect(notice).toMatchObject({
      targetId: "all",
      event: "run.approvalNeeded",
      about: {
        planHash: planHashOf([known, added]),
        sequences: 2,
        needed: 1,
        untilMs: START_MS + HOUR_MS / 2,
      },
    });
  });

  it("is owed again when more joins it, and not when nothing of that needs an approval", () => {
    const idsOf = (known: number[], added: number[]) => {
      const all = { known: known.map(unapproved), added: added.map(unapproved) };
      return noticesOfPlan(run, all, START_MS).map(({ noticeId }) => noticeId);
    };
    expect(idsOf([], [1])).toEqual(idsOf([], [1]));
    expect(idsOf([1], [2])).not.toEqual(idsOf([], [1]));
    expect(idsOf([1], [])).toEqual([]);
    expect(noticesOfPlan(run, { known: [unapproved(1)], added: [aSequence()] }, START_MS)).toEqual(
      [],
    );
  });
});

describe("a run that pauses itself", () => {
  const gate = { wave: 0, held: 0, done: 5, failed: 5, maxFailedShare: 0.5 };
  const open = aRun({ callbacks: CALLBACKS, gate: { ...gate, state: "open", paused: null } });
  const pause = { why: "5 of 5 sequences failed", atMs: START_MS };
  const after = { ...open, turns: 1, gate: { ...gate, state: "paused", paused: pause } as const };

  it("is owed with the reason, once each time", () => {
    const [notice] = noticesOfPause(open, after, START_MS);
    expect(notice).toMatchObject({ event: "run.paused", about: { why: pause.why } });
    expect(noticesOfPause(after, { ...after, open: 1 }, START_MS)).toEqual([]);
    const [again] = noticesOfPause(open, { ...after, turns: 3 }, START_MS);
    expect(again?.noticeId).not.toBe(notice?.noticeId);
  });
});

it("says of a drift which file it is, and both hashes", () => {
  const hold = { code: "libraryDrift", file: "a.sh", pinned: "1", listed: null } as const;
  const run = aRun({ callbacks: CALLBACKS });
  expect(noticesOfDrift(run, { ...hold, sinceMs: START_MS }, START_MS)).toMatchObject([
    { event: "run.libraryDrift", about: { file: "a.sh", pinned: "1", listed: null } },
  ]);
});

it("leaves a release that knows three events able to read a target, whatever it wants", () => {
  const { events, later } = target("all", CALLBACK_EVENTS);
  expect(events).toEqual(["run.accepted", "sequence.ended", "run.finished"]);
  expect(later).toEqual(CALLBACK_EVENTS.slice(3));
  const newer = { ...target("all", []), later: ["run.somethingNew"] };
  expect(targetSchema.parse(newer).later).toEqual(["run.somethingNew"]);
});
