import { describe, expect, it } from "vitest";
import { conclude } from "../../../shared/ledger/sequence/conclude.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { aSubmitted, anActionOf, HOUR_MS, START_MS, type CommandReads } from "../a-sequence.ts";

const NOW_MS = START_MS + 60_000;
const OFFLINE = { parkUntilMs: NOW_MS + HOUR_MS, patienceMs: 900_000 };
const UNTOUCHED = ["created", "created", "created"] as const;

const ASKED = { by: "ana", why: "asked", atMs: START_MS, sent: true } as const;

const TWO_PARTS = [
  [{ type: "RunScript", scriptName: "first.ps1", args: null }],
  [{ type: "PutFile", fileName: "tool.exe" }],
] satisfies SequenceRecord["parts"];

function concluded(
  overrides: Partial<SequenceRecord>,
  status: string,
  commands: readonly CommandReads[],
): SequenceRecord {
  const record = aSubmitted(overrides);
  return conclude(record, anActionOf(record, status, commands), NOW_MS, OFFLINE);
}

describe("what a person reads of an end", () => {
  it("names the first command that failed, and what Defender says of it", () => {
    const after = concluded({}, "Failed", ["completed", "failed", "failed"]);
    expect(after.outcome?.detail).toContain("Command 2 (RunScript) failed");
    expect(after.outcome?.detail).toContain("no such file; gave up");
    const record = aSubmitted();
    const action = anActionOf(record, "Failed", ["failed", "created", "created"]);
    const commands = action.commands.map((each) => ({ ...each, errors: [] }));
    const silent = conclude(record, { ...action, commands }, NOW_MS, OFFLINE);
    expect(silent.outcome?.detail).toBe("Command 1 (PutFile) failed; those after it did not run.");
  });

  it("names the command of this part, though one of an earlier part had failed too", () => {
    const parts = [...TWO_PARTS];
    const failed = concluded({ parts }, "Failed", ["failed"]).progress;
    const after = concluded({ parts, part: 1, progress: failed }, "Failed", []);
    expect(after.outcome?.code).toBe("actionFailed");
  });

  it("names who cancelled, or that it was not lrq", () => {
    const asked = concluded({ cancel: ASKED }, "Cancelled", UNTOUCHED);
    expect(asked.outcome?.detail).toBe("Cancelled by ana.");
    const others = concluded({}, "Cancelled", UNTOUCHED);
    expect(others.outcome?.detail).toContain("somebody else");
  });

  it("keeps what a person reads of errors without end to a thousand characters", () => {
    const record = aSubmitted();
    const action = anActionOf(record, "Failed", ["failed", "created", "created"]);
    const [first, ...others] = action.commands;
    if (first === undefined) throw new Error("no command is listed");
    const loud = { ...action, commands: [{ ...first, errors: ["x".repeat(5_000)] }, ...others] };
    const after = conclude(record, loud, NOW_MS, OFFLINE);
    expect(after.outcome?.detail.length).toBe(1_000);
  });

  it("counts the command that failed as the profile does, through all parts", () => {
    const parts = [
      [
        { type: "RunScript", scriptName: "first.ps1", args: null },
        { type: "GetFile", path: "a" },
      ],
      [
        { type: "PutFile", fileName: "tool.exe" },
        { type: "RunScript", scriptName: "second.ps1", args: null },
      ],
    ] satisfies SequenceRecord["parts"];
    const after = concluded({ parts, part: 1 }, "Failed", ["completed", "failed"]);
    expect(after.outcome?.detail).toContain("Command 4 (RunScript) failed");
  });
});
