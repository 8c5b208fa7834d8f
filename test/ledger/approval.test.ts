import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  approve,
  askedFor,
  awaiting,
  planHashOf,
  planOf,
  withApprovals,
  type Approval,
  type Person,
} from "../../shared/ledger/approval.ts";
import { aSequence, START_MS } from "./a-sequence.ts";

const PLANS = ["a", "b"].map((letter) => letter.repeat(64));
/** One and two are the same person by two names; the others have none that is known. */
const PEOPLE: readonly Person[] = [
  { by: "one", objectId: "object 1" },
  { by: "two", objectId: "object 1" },
  { by: "three", objectId: null },
  { by: "four", objectId: null },
  { by: "five", objectId: "object 5" },
];
const HOUR_MS = 3_600_000;

const person = fc.constantFrom(...PEOPLE);
const plan = fc.constantFrom(...PLANS);
const step = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("ask" as const), person, plan }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("approve" as const),
      person,
      plan,
      afterMs: fc.constantFrom(0, HOUR_MS - 1, HOUR_MS, 2 * HOUR_MS),
    }),
  },
);

/** The person behind a name, as far as it can be told. */
const identity = ({ by, objectId }: Person) => objectId ?? by;

describe("approvals", () => {
  it("are granted only by enough others, each once, in time, of the very plan", () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 2), fc.array(step, { maxLength: 25 }), (needed, steps) => {
        let approval: Approval | null = null;
        let stands: string | null = null;
        const asked = new Set<string>();
        let agreed = new Set<string>();
        for (const each of steps) {
          const who = identity(each.person);
          if (each.kind === "ask") {
            approval = askedFor(approval, needed, each.person, START_MS + HOUR_MS);
            stands = each.plan;
            asked.add(who);
            agreed = new Set();
            continue;
          }
          const wish = { ...each.person, planHash: each.plan };
          const shown = stands === null ? null : { planHash: stands, untilMs: START_MS + HOUR_MS };
          const came = approve(approval, shown, wish, START_MS + each.afterMs);
          const may =
            stands === each.plan &&
            approval?.granted === null &&
            each.afterMs < HOUR_MS &&
            !asked.has(who) &&
            !agreed.has(who);
          expect(came.kind === "given").toBe(may);
          if (came.kind !== "given") continue;
          agreed.add(who);
          approval = came.approval;
          expect(approval.granted).toBe(agreed.size >= needed ? each.plan : null);
        }
      }),
    );
  });

  it("let a sequence go only with what its run was granted", () => {
    const record = aSequence({ approvals: { needed: 1, by: [] } });
    const pending = askedFor(null, 1, { by: "soar", objectId: null }, START_MS + HOUR_MS);
    const planHash = planHashOf([record]);
    expect(withApprovals(record, null)).toBe(record);
    expect(withApprovals(record, pending)).toBe(record);
    const wish = { by: "lead", objectId: null, planHash };
    const came = approve(pending, planOf(pending, [record]), wish, START_MS);
    const granted = came.kind === "given" ? came.approval : pending;
    expect(withApprovals(record, granted).approvals.by).toEqual(["lead"]);
    expect(awaiting([record, withApprovals(record, granted)])).toEqual([record]);
    const joined = askedFor(granted, 1, { by: "soar", objectId: null }, START_MS + HOUR_MS);
    expect(withApprovals(record, joined)).toBe(record);
    expect(joined.requesters).toHaveLength(1);
  });

  it("given for a plan that has shrunk since do not count for what is left of it", () => {
    const needed = 2;
    const first = aSequence({ approvals: { needed, by: [] } });
    const second = { ...first, sequenceId: `${first.runId}.other` };
    const pending = askedFor(null, needed, { by: "soar", objectId: null }, START_MS + HOUR_MS);
    const given = (approval: Approval, by: string, waiting: (typeof first)[]) => {
      const wish = { by, objectId: null, planHash: planHashOf(waiting) };
      const came = approve(approval, planOf(approval, waiting), wish, START_MS);
      if (came.kind !== "given") throw new Error(came.detail);
      return came;
    };
    const whole = given(pending, "lead", [first, second]);
    const left = given(whole.approval, "chief", [first]);
    expect([left.count, left.approval.granted]).toEqual([1, null]);
    const again = given(left.approval, "lead", [first]);
    expect([again.count, again.approval.granted]).toEqual([2, planHashOf([first])]);
  });

  it("are of machines, profile, parameters and commands, in whatever order they are read", () => {
    const first = aSequence({ approvals: { needed: 1, by: [] } });
    const second = { ...first, sequenceId: `${first.runId}.other`, machineId: "b".repeat(40) };
    const hash = planHashOf([first, second]);
    expect(planHashOf([second, first])).toBe(hash);
    const others = [
      [first],
      [first, { ...second, machineId: "c".repeat(40) }],
      [first, { ...second, parameters: { path: "C:\\other" } }],
      [first, { ...second, profile: { ...second.profile, version: 2 } }],
      [first, { ...second, profile: { ...second.profile, hash: "1".repeat(64) } }],
      [first, { ...second, parts: [[{ type: "GetFile" as const, path: "C:\\other" }]] }],
    ].map(planHashOf);
    expect(new Set([hash, ...others]).size).toBe(7);
  });
});
