import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  approve,
  askedFor,
  awaiting,
  planHashOf,
  planOf,
  waitsUntilMs,
  withApprovals,
  type Approval,
  type Person,
} from "../../../shared/ledger/run/approval.ts";
import { aSequence, START_MS } from "../a-sequence.ts";

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

const soar = { by: "soar", objectId: null };

describe("what is asked to be approved", () => {
  it("needs as many as the one that needs most, for as long as the last that joined has", () => {
    const first = askedFor(null, 2, soar, START_MS + 9.5);
    expect(first).toMatchObject({ needed: 2, expiresAtMs: START_MS + 9, requesters: [soar] });
    expect(askedFor(first, 1, soar, START_MS + 5)).toEqual(first);
    expect(askedFor(first, 3, soar, START_MS + 20)).toMatchObject({
      needed: 3,
      expiresAtMs: START_MS + 20,
    });
    expect(askedFor(null, 0, soar, START_MS).needed).toBe(1);
  });

  it("names everybody who asked, once by each of their names", () => {
    const asked = [...PEOPLE, ...PEOPLE].reduce<Approval | null>(
      (before, each) => askedFor(before, 1, each, START_MS),
      null,
    );
    expect(asked?.requesters).toEqual(PEOPLE);
  });

  it("has to be approved anew when more joins", () => {
    const given = [{ by: "lead", objectId: null, planHash: "a".repeat(64), atMs: START_MS }];
    const granted = { ...askedFor(null, 1, soar, START_MS), given, granted: "a".repeat(64) };
    expect(askedFor(granted, 1, soar, START_MS)).toMatchObject({ given: [], granted: null });
  });

  it("waits until the deadline of the run, or its own expiry if that is before", () => {
    const record = aSequence({ approvals: { needed: 1, by: [] }, expiresAtMs: START_MS + 50 });
    expect(waitsUntilMs({ expiresAtMs: START_MS + 40 }, record)).toBe(START_MS + 40);
    expect(waitsUntilMs({ expiresAtMs: START_MS + 60 }, record)).toBe(START_MS + 50);
    expect(waitsUntilMs(null, record)).toBe(START_MS + 50);
  });

  it("is a plan until the first of it ends, and none if nothing waits for it", () => {
    const approvals = { needed: 1, by: [] };
    const [early, late] = [70, 50].map((ms) =>
      aSequence({ approvals, expiresAtMs: START_MS + ms }),
    );
    if (early === undefined || late === undefined) throw new Error("there are two");
    const approval = askedFor(null, 1, soar, START_MS + 60);
    expect(planOf(approval, [early, late])?.untilMs).toBe(START_MS + 50);
    expect(planOf(approval, [early])?.untilMs).toBe(START_MS + 60);
    const submitted = { ...early, state: "submitted" } as const;
    const approved = aSequence({ approvals: { needed: 1, by: ["lead"] } });
    expect(planOf(approval, [submitted, approved, aSequence()])).toBeNull();
  });
});

describe("approvals", () => {
  it("are refused where nothing waits for any, and forbidden to who asked", () => {
    const record = aSequence({ approvals: { needed: 1, by: [] } });
    const approval = askedFor(null, 1, soar, START_MS + HOUR_MS);
    const request = { by: "lead", objectId: null, planHash: planHashOf([record]) };
    const plan = planOf(approval, [record]);
    expect(approve(null, plan, request, START_MS).kind).toBe("refused");
    expect(approve(approval, null, request, START_MS).kind).toBe("refused");
    expect(approve({ ...approval, granted: request.planHash }, plan, request, START_MS).kind).toBe(
      "refused",
    );
    expect(approve(approval, plan, { ...request, by: "soar" }, START_MS).kind).toBe("forbidden");
    expect(approve(approval, plan, request, START_MS + 0.5)).toMatchObject({
      kind: "given",
      count: 1,
      approval: { given: [{ ...request, atMs: START_MS }], granted: request.planHash },
    });
  });

  it("are refused to who has given one already, by whatever name", () => {
    const record = aSequence({ approvals: { needed: 2, by: [] } });
    const approval = askedFor(null, 2, soar, START_MS + HOUR_MS);
    const plan = planOf(approval, [record]);
    const request = { by: "one", objectId: "object 1", planHash: planHashOf([record]) };
    const first = approve(approval, plan, request, START_MS);
    if (first.kind !== "given") throw new Error(first.detail);
    for (const by of ["one", "two"]) {
      expect(approve(first.approval, plan, { ...request, by }, START_MS).kind).toBe("refused");
    }
  });

  it("change nothing of a sequence that needs none", () => {
    const given = [{ by: "lead", objectId: null, planHash: "a".repeat(64), atMs: START_MS }];
    const granted = { ...askedFor(null, 1, soar, START_MS), given, granted: "a".repeat(64) };
    const none = aSequence();
    expect(withApprovals(none, granted)).toBe(none);
    const before = aSequence({ approvals: { needed: 1, by: ["chief"] } });
    expect(withApprovals(before, granted)).toBe(before);
  });

  it("are granted only by enough others, each once, in time, of the very plan", () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 2), fc.array(step, { maxLength: 25 }), (needed, steps) => {
        let approval: Approval | null = null;
        let granted: string | null = null;
        const asked = new Set<string>();
        let agreed = new Set<string>();
        for (const each of steps) {
          const who = identity(each.person);
          if (each.kind === "ask") {
            approval = askedFor(approval, needed, each.person, START_MS + HOUR_MS);
            granted = each.plan;
            asked.add(who);
            agreed = new Set();
            continue;
          }
          const request = { ...each.person, planHash: each.plan };
          const shown =
            granted === null ? null : { planHash: granted, untilMs: START_MS + HOUR_MS };
          const came = approve(approval, shown, request, START_MS + each.afterMs);
          const may =
            granted === each.plan &&
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
    const request = { by: "lead", objectId: null, planHash };
    const came = approve(pending, planOf(pending, [record]), request, START_MS);
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
      const request = { by, objectId: null, planHash: planHashOf(waiting) };
      const came = approve(approval, planOf(approval, waiting), request, START_MS);
      if (came.kind !== "given") throw new Error(came.detail);
      return came;
    };
    const whole = given(pending, "lead", [first, second]);
    const left = given(whole.approval, "chief", [first]);
    expect([left.count, left.approval.granted]).toEqual([1, null]);
    const again = given(left.approval, "lead", [first]);
    expect([again.count, again.approval.granted]).toEqual([2, planHashOf([first])]);
  });

  it("hold from one version of lrq to the next: the same plan has the same hash", () => {
    const ids = ["a", "b"].map((letter) => `${letter.repeat(20)}.${letter.repeat(12)}`);
    const plan = ids.map((sequenceId) =>
      aSequence({ sequenceId, approvals: { needed: 1, by: [] } }),
    );
    expect(planHashOf(plan)).toBe(
      "1f8c491dab4da21a9b7c98124f59d940e09f2dc1185a6874ca14acbeb4f141e7",
    );
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
