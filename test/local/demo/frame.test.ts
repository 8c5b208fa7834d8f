import { describe, expect, it } from "vitest";
import { paintFor } from "../../../local/colours.ts";
import { renderLine, type Line } from "../../../local/columns.ts";
import { changesOf, frameOf, type Moment } from "../../../local/demo/frame.ts";
import type { SequenceAnswer } from "../../../local/run-answer.ts";
import { ACCEPTED_AT_MS, after, aRun, aSequence, cast, member } from "./a-run.ts";

const stage = { members: cast.members, speed: 20, offlineAfterMs: 2_000 };

function moment(ms: number, sequences: readonly SequenceAnswer[]): Moment {
  return {
    nowMs: ACCEPTED_AT_MS + ms,
    startedAtMs: ACCEPTED_AT_MS,
    runs: [{ title: "Sentinel incident 4711", run: aRun(sequences) }],
    status: {
      calls: { used: 6, limit: 10, windowSeconds: 3 },
      sessions: { ours: 4, foreign: 1, cap: 25 },
    },
  };
}

function shown(lines: readonly Line[], columns = 120): string[] {
  return lines.map((line) => renderLine(line, columns, paintFor(false)));
}

const busy = aSequence(member("pc-0312"), {
  waits: { code: "machineBusy", detail: "", position: null, estimatedStart: after(4_000) },
});

describe("the block on a terminal", () => {
  it("has a line for each machine and one for the budget", () => {
    const pending = aSequence(member("lt-0207"), {
      state: "submitted",
      submittedAt: after(0),
      machineActionStatus: "Pending",
    });
    expect(shown(frameOf(moment(3_000, [pending, busy]), stage))).toEqual([
      "Sentinel incident 4711",
      "  lt-0207   Windows 11   pending      3 s  offline, Defender keeps it Pending",
      "  pc-0312   Windows 10   busy         3 s  portal session, tried again in 1 s",
      "",
      "Budget    5 of 25 sessions   6 of 10 calls in 3 s (a minute, 20 times faster than real time)   3 s",
    ]);
  });

  it("keeps names, states and times when the terminal is narrow", () => {
    const lines = shown(frameOf(moment(3_000, [busy]), stage), 45);
    expect(lines[1]).toBe("  pc-0312   Windows 10   busy         3 s  p…");
  });
});

describe("the lines of a log", () => {
  it("come only when a machine's state or reason has changed", () => {
    const first = changesOf(new Map(), moment(1_000, [busy]), stage);
    expect(shown(first.lines)).toEqual([
      "  1 s  pc-0312   Windows 10   busy       portal session, tried again in 3 s",
    ]);
    const second = changesOf(first.shown, moment(2_000, [busy]), stage);
    expect(second.lines).toEqual([]);
    const sent = { ...busy, state: "claimed", waits: null } as const;
    const third = changesOf(second.shown, moment(3_000, [sent]), stage);
    expect(shown(third.lines)).toEqual([
      "  3 s  pc-0312   Windows 10   sending    asking Defender for a session",
    ]);
  });
});
