import { describe, expect, it } from "vitest";
import {
  judge,
  type DoorAction,
  type Facts,
  type ReportedSequence,
} from "../../../local/chaos/verdict.ts";

const action = (id: string, sequenceId: string, more: Partial<DoorAction> = {}): DoorAction => ({
  id,
  comment: `[lrq:${sequenceId}.0.1]~0a1b Chaos`,
  hasRun: true,
  ...more,
});
const sequence = (number: number, more: Partial<ReportedSequence> = {}): ReportedSequence => ({
  sequenceId: `run.${number}`,
  machineId: `machine ${number}`,
  state: "succeeded",
  owed: 0,
  isExplained: true,
  ...more,
});
const ANSWER = { runId: "run", sequenceIds: ["run.1", "run.2"] };

/** Two sequences of one incident, done as promised, but for what is given. */
function facts(more: Partial<Facts> = {}): Facts {
  return {
    sent: [
      { incidentId: "one", machineIds: ["machine 1", "machine 2"], answers: [ANSWER, ANSWER] },
    ],
    runs: [run([sequence(1), sequence(2)])],
    actions: [action("a", "run.1"), action("b", "run.2")],
    saidTwice: new Set(),
    arrivalsAtMs: [0, 1_000],
    limit: { calls: 2, windowMs: 2_000 },
    violations: [],
    logFindings: [],
    ...more,
  };
}

const run = (sequences: readonly ReportedSequence[], state = "finished") => ({
  runId: "run",
  state,
  sequences,
  findings: [],
});
const found = (more: Partial<Facts>) => judge(facts(more)).findings;

describe("the verdict on chaos", () => {
  it("has nothing to say of a day on which all went well", () => {
    const { findings, summary } = judge(facts());
    expect(findings).toEqual([]);
    expect(summary.join("\n")).toContain("2 sequences, 2 succeeded");
  });

  it.each<[string, Partial<Facts>, RegExp]>([
    [
      "a part that was done twice, and of which nothing says so",
      { actions: [action("a", "run.1"), action("a2", "run.1"), action("b", "run.2")] },
      /^part 0 of run\.1 was done twice, and lrq does not say so$/,
    ],
    ["a POST over the limit", { arrivalsAtMs: [0, 1_000, 1_999] }, /^1 POSTs came over the limit/],
    [
      "a machine that is in no sequence",
      { runs: [run([sequence(1)])] },
      /^one has 0 sequences for machine machine 2$/,
    ],
    [
      "a machine that is in two",
      {
        runs: [run([sequence(1), sequence(2), sequence(3, { machineId: "machine 2" })])],
        actions: ["run.1", "run.2", "run.3"].map((each) => action(each, each)),
      },
      /^one has 2 sequences for machine machine 2$/,
    ],
    ["a run that is gone", { runs: [] }, /^the run of one is lost$/],
    [
      "a sender that was never answered",
      { sent: [{ incidentId: "one", machineIds: [], answers: [ANSWER] }] },
      /^one was not accepted twice$/,
    ],
    [
      "senders that were answered differently",
      {
        sent: [{ incidentId: "one", machineIds: [], answers: [ANSWER, { ...ANSWER, runId: "o" }] }],
      },
      /^the two senders of one got different answers$/,
    ],
    [
      "a run that does not end",
      { runs: [run([sequence(1), sequence(2)], "running")] },
      /^run run has not ended$/,
    ],
    [
      "an end that nothing explains",
      { runs: [run([sequence(1), sequence(2, { state: "failed", isExplained: false })])] },
      /^run\.2 is failed, with 0 results owed$/,
    ],
    [
      "results that nobody fetched",
      { runs: [run([sequence(1), sequence(2, { owed: 2 })])] },
      /^run\.2 is succeeded, with 2 results owed$/,
    ],
    [
      "a success of which Defender saw nothing",
      { actions: [action("a", "run.1"), action("b", "run.2", { hasRun: false })] },
      /^lrq says that run\.2 succeeded, but nothing ran$/,
    ],
    ["a complaint of Defender", { violations: ["too many"] }, /^Defender complains: too many$/],
    [
      "evidence that does not verify",
      { runs: [{ ...run([sequence(1), sequence(2)]), findings: ["a: another hash"] }] },
      /^evidence of run: a: another hash$/,
    ],
    ["a log that does not verify", { logFindings: ["broken"] }, /^the queue's log: broken$/],
  ])("finds %s", (_, more, finding) => {
    expect(found(more)).toEqual([expect.stringMatching(finding)]);
  });

  it("lets pass what was done twice and is said to be, and other parts and tries of the same", () => {
    const twice = [action("a", "run.1"), action("a2", "run.1"), action("b", "run.2")];
    expect(found({ actions: twice, saidTwice: new Set(["a2"]) })).toEqual([]);
    const part = action("c", "run.1", { comment: "[lrq:run.1.1.1] Chaos" });
    const unrun = action("d", "run.1", { hasRun: false });
    const foreign = action("e", "run.1", { comment: "somebody else's" });
    expect(found({ actions: [...facts().actions, part, unrun, foreign] })).toEqual([]);
  });
});
