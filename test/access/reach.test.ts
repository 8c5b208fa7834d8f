import { describe, expect, it } from "vitest";
import { mayApprove, reachInto } from "../../shared/access/reach.ts";
import type { Caller } from "../../shared/access/caller.ts";
import { aRun } from "../ledger/a-run.ts";
import { aSequence } from "../ledger/a-sequence.ts";
import { callersOf, keyHash } from "./callers.ts";

function caller(of: object): Caller {
  const [one] = callersOf([{ name: "soar", key: keyHash("soar"), may: ["run.read"], ...of }]);
  if (one === undefined) throw new Error("no caller");
  return one;
}

const triage = (name: string) => aSequence({ profile: { name, version: 1, hash: "0".repeat(64) } });

describe("the rights of a caller", () => {
  it.each([
    ["its own team, which has its name", {}, "soar", true],
    ["the team that it names", { team: "soc" }, "soc", true],
    ["another team", { team: "soc" }, "soar", false],
    ["every team, if it says so", { all: true }, "soc", true],
    ["a run that a version without teams has accepted", {}, null, true],
  ] as const)("reach the runs of %s", (_, of, team, reaches) => {
    expect(reachInto(caller(of), aRun({ team })) !== null).toBe(reaches);
  });

  it.each([{}, { all: true }])("end at the sources that it may use (%j)", (of) => {
    const jira = caller({ ...of, sources: ["jira"] });
    expect(reachInto(jira, aRun({ team: "soar", source: "generic" }))).toBeNull();
    expect(reachInto(jira, aRun({ team: "soar", source: "jira" }))).not.toBeNull();
  });

  it("cover the sequences with profiles that it may use", () => {
    const unix = caller({ profiles: ["unix-triage"] });
    const reach = reachInto(unix, aRun({ team: "soar" }));
    expect(["unix-triage", "windows-triage"].map((name) => reach?.covers(triage(name)))).toEqual([
      true,
      false,
    ]);
  });

  it("show what scripts wrote only with the right to read evidence", () => {
    const seen = [["run.read"], ["run.read", "evidence.read"]].map(
      (may) => reachInto(caller({ may }), aRun({ team: "soar" }))?.seesOutput,
    );
    expect(seen).toEqual([false, true]);
  });

  it("let it approve a plan only as a whole", () => {
    const unix = caller({ may: ["run.approve"], profiles: ["unix-triage"] });
    const run = aRun({ team: "soar" });
    expect(mayApprove(unix, run, [triage("unix-triage")])).toBe(true);
    expect(mayApprove(unix, run, [triage("unix-triage"), triage("windows-triage")])).toBe(false);
    expect(mayApprove(unix, aRun({ team: "soc" }), [triage("unix-triage")])).toBe(false);
    expect(mayApprove(caller({}), run, [])).toBe(false);
  });
});
