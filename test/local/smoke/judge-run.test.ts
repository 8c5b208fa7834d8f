import { describe, expect, it } from "vitest";
import type { Run } from "../../../local/smoke/app-calls.ts";
import { judgeRun } from "../../../local/smoke/judge-run.ts";

type Sequence = Run["sequences"][0];

const STORED = { state: "stored", detail: null, size: 9, sha256: "ab".repeat(32) } as const;
const DONE: Sequence = {
  machineId: "m",
  machineName: "pc-1",
  state: "succeeded",
  machineActionId: "action",
  outcome: null,
  waits: null,
  commands: [{ result: STORED }],
};

function judged(more: Partial<Sequence>, state: Run["state"] = "running") {
  const { steps, next } = judgeRun({ state, sequences: [{ ...DONE, ...more }] });
  return { verdicts: steps.map(({ step, verdict }) => `${step} ${verdict}`), next, steps };
}
const waiting = (code: string, detail = "because") =>
  judged({ state: "waiting", machineActionId: null, waits: { code, detail } });

describe("a run that is looked at", () => {
  it("is at the end of the road when it is finished, and not before", () => {
    const all = ["submit ok", "Defender ok", "evidence ok"];
    expect(judged({}, "finished")).toMatchObject({ verdicts: all, next: null });
    expect(judged({})).toMatchObject({ verdicts: ["submit ok", "Defender ok"], next: "evidence" });
  });

  it.each(["next", "token", "session", "throttled", "unreachable", "facts", "machineBusy"])(
    "may still go by itself while it waits for %s",
    (code) => {
      expect(waiting(code)).toMatchObject({ verdicts: [], next: "submit" });
    },
  );

  it.each(["approval", "paused", "runPaused", "lockedOut", "setAside"])(
    "goes only after somebody has done something about %s",
    (code) => {
      expect(waiting(code)).toMatchObject({ verdicts: ["submit refused"], next: null });
    },
  );

  it("says that the setting PAUSED comes before a resume", () => {
    expect(waiting("paused").steps[0]?.fix).toMatch(/PAUSED .* false .* POST \/api\/resume/);
  });

  it("says where to turn live response on, if it is off", () => {
    const { steps } = waiting("lockedOut", "Defender refuses: HTTP 403 DisabledFeature");
    expect(steps[0]?.fix).toMatch(/Advanced features/);
  });

  it("is late if the machine did not answer", () => {
    const offline = { code: "offline", detail: "no answer" };
    expect(judged({ state: "waiting", waits: offline })).toMatchObject({
      verdicts: ["submit ok", "Defender late"],
      next: null,
    });
  });

  it("has failed if the sequence, or its result, is lost", () => {
    const outcome = { code: "Failed", detail: "no file" };
    expect(judged({ state: "failed", outcome }).verdicts).toEqual(["submit ok", "Defender failed"]);
    const commands = [{ result: { ...STORED, state: "unavailable" as const } }];
    expect(judged({ commands }).verdicts.at(-1)).toBe("evidence failed");
  });

  it("waits for a result that is owed", () => {
    const commands = [{ result: { ...STORED, state: "owed" as const } }];
    expect(judged({ commands })).toMatchObject({ next: "evidence" });
  });
});
