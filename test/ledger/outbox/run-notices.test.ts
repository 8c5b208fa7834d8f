import { describe, expect, it } from "vitest";
import {
  CALLBACK_EVENTS,
  eventsIn,
  type CallbackTarget,
  type Notice,
} from "../../../shared/ledger/outbox/notice.ts";
import type { RunRecord } from "../../../shared/ledger/run/run.ts";
import {
  noticesOfEnd,
  noticesOfRunState,
  noticesOfAccepting,
} from "../../../shared/ledger/outbox/run-notices.ts";
import { aRun } from "../a-run.ts";
import { SEQUENCE_ID, START_MS } from "../a-sequence.ts";

function target(targetId: string): CallbackTarget {
  return {
    targetId,
    from: "setting",
    caller: "soar",
    shape: "generic",
    host: "hooks.contoso.example",
    url: null,
    armId: null,
    ...eventsIn(CALLBACK_EVENTS),
    delivered: null,
    endedAtMs: null,
  };
}

/** A run of three sequences that `names` are told of. */
function notified(names: readonly string[], more: Partial<RunRecord> = {}): RunRecord {
  return aRun({ accepted: 3, open: 3, callbacks: names.map(target), ...more });
}

const OVER = { open: 0, finishedAtMs: START_MS };
const inShort = (notices: readonly Notice[]) =>
  notices.map(({ targetId, event }) => `${targetId} ${event}`);

const written = (before: RunRecord | null, after: RunRecord) =>
  inShort(noticesOfAccepting(before, after, START_MS));

describe("when a run is written", () => {
  it("all its targets are told that it was accepted, and again when it has grown", () => {
    const accepted = ["a run.accepted", "b run.accepted"];
    expect(written(null, notified(["a", "b"]))).toEqual(accepted);
    expect(written(notified(["a"]), notified(["a", "b"], { accepted: 4, open: 4 }))).toEqual(
      accepted,
    );
  });

  it("nobody is told anything if nobody and nothing joins it", () => {
    expect(written(notified(["a"]), notified(["a"], { turns: 1 }))).toEqual([]);
    expect(written(notified(["a"], OVER), notified(["a"], OVER))).toEqual([]);
  });

  it("who joins it later is told where it stands, and the others are not", () => {
    expect(written(notified(["a"]), notified(["a", "b"]))).toEqual(["b run.accepted"]);
    expect(written(notified(["a"], OVER), notified(["a", "b"], OVER))).toEqual([
      "b run.accepted",
      "b run.finished",
    ]);
  });
});

describe("when a sequence ends", () => {
  it("that is told by its id, and that the run is finished if it was the last", () => {
    const ended = noticesOfEnd(notified(["a"]), SEQUENCE_ID, START_MS);
    expect(ended).toMatchObject([{ event: "sequence.ended", sequenceId: SEQUENCE_ID }]);
    const last = noticesOfEnd(notified(["a"], OVER), SEQUENCE_ID, START_MS);
    expect(last).toMatchObject([
      { event: "sequence.ended", sequenceId: SEQUENCE_ID },
      { event: "run.finished", sequenceId: null },
    ]);
  });
});

describe("a target of the team", () => {
  it("is told of every end in the run, whoever of the team asked for the sequence", () => {
    const callbacks = [target("soar"), { ...target("itsm"), caller: "itsm" }];
    const ended = noticesOfEnd(aRun({ requestedBy: "soar", callbacks }), SEQUENCE_ID, START_MS);
    expect(inShort(ended)).toEqual(["soar sequence.ended", "itsm sequence.ended"]);
  });
});

describe("where a run stands", () => {
  it("is that it was accepted, and that it is finished only if it is", () => {
    expect(inShort(noticesOfRunState(notified(["a"]), START_MS))).toEqual(["a run.accepted"]);
    expect(inShort(noticesOfRunState(notified(["a"], OVER), START_MS))).toEqual([
      "a run.accepted",
      "a run.finished",
    ]);
  });
});
