import { describe, expect, it } from "vitest";
import type { CommandProgress } from "../../../shared/ledger/sequence/sequence.ts";
import { nextStepFor } from "../../../shared/workflow/view/next-step.ts";

const WELL = { outcome: null, progress: [], part: 0, results: [] };
const SHOWN = { waits: null, scripts: null } as const;

const failed = (type: CommandProgress["type"]): CommandProgress => ({
  part: 0,
  index: 0,
  type,
  status: "Failed",
  startedAtMs: null,
  endedAtMs: null,
  errors: [],
});

describe("the next step of a sequence", () => {
  it("is none if all is well", () => {
    expect(nextStepFor(WELL, { ...SHOWN, scripts: "ok" })).toBeNull();
  });

  it("is about why it waits, as a reader sees that, and says that nobody is needed", () => {
    const waits = { code: "token", detail: "", position: 1, estimatedStart: null } as const;
    const step = nextStepFor(WELL, { ...SHOWN, waits });
    expect(step).toMatchObject({ code: "token", needsPerson: false });
  });

  it.each([
    ["PutFile", "putFileFailed", /library status/],
    ["RunScript", "runScriptFailed", /unsigned scripts/],
    ["GetFile", "getFileFailed", /collect-file-zipped/],
  ] as const)("after a %s that failed is about that kind of command", (type, code, step) => {
    const outcome = { code: "commandFailed", detail: "" };
    const told = nextStepFor({ ...WELL, outcome, progress: [failed(type)] }, SHOWN);
    expect(told).toMatchObject({ code, needsPerson: true });
    expect(told?.step).toMatch(step);
  });

  it("is about the script that failed, although Defender did all it was asked", () => {
    expect(nextStepFor(WELL, { ...SHOWN, scripts: "failed" })?.code).toBe("scriptFailed");
  });

  it("is about the script, if a file could not be fetched because the script had failed before", () => {
    const outcome = { code: "commandFailed", detail: "" };
    const told = { ...WELL, outcome, progress: [failed("GetFile")] };
    expect(nextStepFor(told, { ...SHOWN, scripts: "failed" })?.code).toBe("scriptFailed");
  });

  it("is about a result that cannot be had, if that is all that is wrong", () => {
    const results = [{ state: "unavailable" as const }];
    expect(nextStepFor({ ...WELL, results }, SHOWN)?.code).toBe("resultUnavailable");
  });

  it("tells to read Defender's words if its code is on no page", () => {
    const outcome = { code: "NewTrouble", detail: "" };
    const told = nextStepFor({ ...WELL, outcome }, SHOWN);
    expect(told).toMatchObject({ code: "NewTrouble", needsPerson: true });
  });
});
