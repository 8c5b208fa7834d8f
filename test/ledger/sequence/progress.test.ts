import { describe, expect, it } from "vitest";
import {
  allCompleted,
  isUntouched,
  progressOf,
  scriptFailed,
} from "../../../shared/ledger/sequence/progress.ts";
import { anActionOf, aSubmitted, START_MS, type CommandReads } from "../a-sequence.ts";

const RECORD = aSubmitted();
const [BEGAN_MS, ENDED_MS] = [START_MS + 1_000, START_MS + 2_000];
const listed = (status: string, ...commands: CommandReads[]) =>
  anActionOf(RECORD, status, commands);
const statuses = (status: string, ...commands: CommandReads[]) =>
  progressOf(RECORD, listed(status, ...commands)).map((each) => each.status);

describe("how far the commands of a part got", () => {
  it("is what Defender lists of each, with its times and errors", () => {
    const action = listed("InProgress", "failed", "running", "created");
    const [first, second, third] = progressOf(RECORD, action);
    const times = { startedAtMs: BEGAN_MS, endedAtMs: ENDED_MS };
    const errors = ["no such file", "gave up"];
    expect(first).toEqual({
      part: 0,
      index: 0,
      type: "PutFile",
      status: "Failed",
      ...times,
      errors,
    });
    expect(second).toMatchObject({ index: 1, type: "RunScript", startedAtMs: BEGAN_MS });
    expect(third).toMatchObject({ type: "GetFile", startedAtMs: null, endedAtMs: null });
  });

  it("is nothing yet for a command that is not listed", () => {
    const [, second] = progressOf(RECORD, listed("InProgress", "completed"));
    const nothing = { status: "Created", startedAtMs: null, endedAtMs: null, errors: [] };
    expect(second).toEqual({ part: 0, index: 1, type: "RunScript", ...nothing });
  });

  it("is all of it when the action succeeded, whatever is listed but a failure", () => {
    expect(statuses("Succeeded")).toEqual(["Completed", "Completed", "Completed"]);
    expect(statuses("Succeeded", "created", "running", "failed")).toEqual([
      "Completed",
      "Completed",
      "Failed",
    ]);
    expect(statuses("Failed", "completed", "created")).toEqual(["Completed", "Created", "Created"]);
  });

  it("is read by the number of the command, not by its place in the list", () => {
    const action = listed("InProgress", "completed", "running", "created");
    const reversed = { ...action, commands: action.commands.toReversed() };
    expect(progressOf(RECORD, reversed)).toEqual(progressOf(RECORD, action));
  });
});

describe("an action", () => {
  it.each<[string, boolean, CommandReads[]]>([
    ["lists every command as created", true, ["created", "created", "created"]],
    ["lists none", false, []],
    ["does not list the last", false, ["created", "created"]],
    ["lists one with a start", false, ["created", "running", "created"]],
    ["lists one that completed without a start", false, ["completedWithoutStart", "created"]],
    ["lists one that failed", false, ["created", "created", "failed"]],
  ])("that %s has certainly run nothing: %s", (_, untouched, commands) => {
    expect(isUntouched(RECORD, listed("TimeOut", ...commands))).toBe(untouched);
  });

  it("has run what has ended, whatever its status reads", () => {
    const action = listed("TimeOut", "created", "created", "created");
    const commands = action.commands.map((each) => ({ ...each, endedAtMs: ENDED_MS }));
    expect(isUntouched(RECORD, { ...action, commands })).toBe(false);
  });

  it.each(["Completed", "Failed"])("has run what is %s, though no time is told", (status) => {
    const action = listed("TimeOut", "created", "created", "created");
    const commands = action.commands.map((each) => ({ ...each, status }));
    expect(isUntouched(RECORD, { ...action, commands })).toBe(false);
  });

  it("is done when every command completed and has an end, and not before", () => {
    const done = listed("Cancelled", "completed", "completedWithoutStart", "completed");
    expect(allCompleted(RECORD, done)).toBe(true);
    expect(allCompleted(RECORD, listed("Cancelled", "completed", "completed"))).toBe(false);
    const failed = listed("Cancelled", "completed", "completed", "failed");
    expect(allCompleted(RECORD, failed)).toBe(false);
    const commands = done.commands.map((each) => ({ ...each, endedAtMs: null }));
    expect(allCompleted(RECORD, { ...done, commands })).toBe(false);
  });
});

describe("a script", () => {
  it.each([
    ["exit code 0 and no errors", false, 0, ""],
    ["exit code 0 and blanks for errors", false, 0, " \r\n"],
    ["exit code 0 and errors", true, 0, "no such file"],
    ["another exit code", true, 3, ""],
    ["no exit code, and errors", true, null, "no such file"],
    ["no exit code, and blanks for errors", null, null, " \r\n"],
  ])("with %s has failed: %s", (_, failed, exitCode, errors) => {
    expect(scriptFailed({ script: { exitCode, output: "", errors } })).toBe(failed);
  });

  it("that is none, or that nobody could read, has not been seen to fail", () => {
    expect(scriptFailed({ script: null })).toBeNull();
  });
});
