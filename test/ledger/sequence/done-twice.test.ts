import { describe, expect, it } from "vitest";
import { doneTwice } from "../../../shared/ledger/sequence/done-twice.ts";
import type { LateAction } from "../../../shared/ledger/sequence/late-action.ts";
import { observe } from "../../../shared/ledger/sequence/progress.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { anActionOf, aSubmitted, START_MS, type CommandReads } from "../a-sequence.ts";

const late: LateAction = { actionId: "late", part: 0, attempt: 1, status: "Succeeded", ran: true };
const other: LateAction = { ...late, actionId: "other" };

/** A sequence with an action of its own, whose commands read like that. */
function own(commands: readonly CommandReads[], more: Partial<SequenceRecord> = {}) {
  const record = aSubmitted({ actionId: "own", attempt: 2 });
  return { ...observe(record, anActionOf(record, "InProgress", commands)), ...more };
}

describe("a part of a sequence", () => {
  const ran = own(["completed"]);

  it.each<[string, boolean, SequenceRecord]>([
    ["its own action ran beside a late one", true, { ...ran, late: [late] }],
    ["its own has begun", true, own(["running"], { late: [late] })],
    ["its own failed", true, own(["failed"], { late: [late] })],
    ["two late ones ran", true, own([], { late: [late, other] })],
    ["a later part is under way", true, own([], { part: 1, late: [late] })],
    ["the late one was of another part", false, { ...ran, late: [{ ...late, part: 1 }] }],
    ["two ran late, of two parts", false, own([], { late: [late, { ...other, part: 1 }] })],
    ["the late one has not run", false, { ...ran, late: [{ ...late, ran: false }] }],
    ["only one of two late ones ran", false, own([], { late: [late, { ...other, ran: false }] })],
    ["one that ran is listed twice", false, own([], { late: [late, { ...late, attempt: 2 }] })],
    ["its own has not begun", false, own([], { late: [late] })],
    ["the late one is its own", false, { ...ran, actionId: "late", late: [late] }],
    ["it has no action of its own", false, { ...ran, actionId: null, late: [late] }],
    ["nothing came late", false, ran],
  ])("if %s, may have run twice: %s", (_, twice, record) => {
    expect(doneTwice(record)).toBe(twice);
  });

  it.each([
    ["Completed", null, null],
    ["Failed", null, null],
    ["Created", START_MS, null],
    ["Created", null, START_MS],
  ])("has begun that reads %s, started %s and ended %s", (status, startedAtMs, endedAtMs) => {
    const [first] = own(["created"]).progress;
    if (first === undefined) throw new Error("there is no command");
    const progress = [{ ...first, status, startedAtMs, endedAtMs }];
    expect(doneTwice(own([], { progress, late: [late] }))).toBe(true);
    const elsewhere = [{ ...first, part: 1, status, startedAtMs, endedAtMs }];
    expect(doneTwice(own([], { progress: elsewhere, late: [late] }))).toBe(false);
  });
});
