import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askedFor } from "../../../shared/ledger/run/approval.ts";
import {
  gateAfterEnd,
  gateFor,
  gateReason,
  waitsForGate,
  placed,
  reopened,
  waveOf,
  withGated,
  type Gate,
} from "../../../shared/ledger/run/gate.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { aResult, aSequence, START_MS } from "../a-sequence.ts";

const POLICY = { first: 3, above: 10, maxFailedShare: 0.5 };
const ENDS = ["succeeded", "failed", "timedOut", "refused", "cancelled", "expired"] as const;
type End = (typeof ENDS)[number];

/** A request's new sequences as they are written, and the gate with them. */
function accepted(before: Gate | null, count: number): { gate: Gate; all: SequenceRecord[] } {
  const { gate, free } = gateFor(before, count, POLICY);
  if (gate === null) throw new Error("there is a policy, so there is a gate");
  const all = Array.from({ length: count }, (_, index) =>
    placed(aSequence({ wave: waveOf(gate, index < free) }), { gate, approval: null }),
  );
  return { gate: withGated(gate, all) ?? gate, all };
}

/** The gate after these ends, one after the other, of so many open sequences. */
function after(gate: Gate, open: number, ends: readonly End[], wave = 0): Gate {
  return ends.reduce(
    (next, state, index) =>
      gateAfterEnd(next, aSequence({ wave, state, place: null }), open - index - 1, START_MS),
    gate,
  );
}

describe("a first wave", () => {
  it("is of a request that brings more machines than may go at once", () => {
    for (const [count, ready] of [
      [1, 1],
      [10, 10],
      [11, 3],
      [100, 3],
    ] as const) {
      const { gate, all } = accepted(null, count);
      expect(all.filter(({ place }) => place?.kind === "ready")).toHaveLength(ready);
      expect([gate.state, gate.held]).toEqual([ready < count ? "first" : "open", count - ready]);
    }
    expect(gateFor(null, 1_000, null)).toEqual({ gate: null, free: 1_000 });
    expect([waveOf(null, true), waveOf(null, false)]).toEqual([null, null]);
  });

  it.each<[End[], string]>([
    [["succeeded", "succeeded", "succeeded"], "open"],
    [["succeeded", "failed", "succeeded"], "open"],
    [["failed", "failed", "succeeded"], "paused"],
    [["cancelled", "expired", "succeeded"], "open"],
    [["succeeded", "failed", "cancelled"], "open"],
    [["cancelled", "expired", "expired"], "paused"],
    [["timedOut", "refused", "succeeded"], "paused"],
    [["succeeded", "succeeded"], "first"],
    [["failed", "failed"], "first"],
  ])("that ends %j leaves the gate %s", (ends, state) => {
    const { gate } = accepted(null, 20);
    expect(after(gate, 20, ends).state).toBe(state);
  });

  it("is not over because those it holds are cancelled", () => {
    const { gate } = accepted(null, 20);
    const cancelled = after(gate, 20, Array<End>(17).fill("cancelled"), gate.wave);
    expect([cancelled.state, cancelled.held]).toEqual(["first", 0]);
    expect(after(cancelled, 3, ["succeeded", "succeeded"]).state).toBe("first");
  });

  it("holds what joins it, and another begins for what joins an open run", () => {
    const first = accepted(null, 20);
    const joined = accepted(first.gate, 1);
    expect(joined.all.map(({ reason }) => reason)).toEqual([{ code: "canary" }]);
    expect(joined.gate.held).toBe(18);
    const open = after(joined.gate, 21, ["succeeded", "succeeded", "succeeded"]);
    const second = accepted(open, 20);
    expect([second.gate.state, second.gate.wave, second.gate.held]).toEqual(["first", 2, 17]);
    expect(first.all.map((each) => gateReason(second.gate, each))).not.toContainEqual({
      code: "canary",
    });
  });
});

describe("a run that is under way", () => {
  it("pauses itself by the fifth end at the earliest, and only for too many failures", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ENDS), { maxLength: 20 }), (ends) => {
        const { gate } = accepted(null, 10);
        const judged = ends.filter((end) => end !== "cancelled" && end !== "expired");
        const isTooMany = (count: number) =>
          count >= 5 &&
          judged.slice(0, count).filter((end) => end !== "succeeded").length > count / 2;
        const expected = judged.some((_, index) => isTooMany(index + 1)) ? "paused" : "open";
        expect(after(gate, 100, ends).state).toBe(expected);
      }),
    );
  });

  it("lets nothing go while it is paused, but what has begun on a machine", () => {
    const { gate } = accepted(null, 10);
    const paused = after(gate, 10, ["failed", "failed", "failed", "failed", "failed"]);
    expect(paused.paused?.why).toBe("5 of 5 sequences failed");
    expect(gateReason(paused, aSequence({ wave: 0 }))).toEqual({ code: "runPaused" });
    expect(gateReason(paused, aSequence({ wave: 0, part: 1 }))).toBeNull();
    const joined = accepted(paused, 2);
    expect(joined.all.map(({ reason }) => reason?.code)).toEqual(["runPaused", "runPaused"]);
    expect(gateReason(reopened(paused), aSequence({ wave: 0 }))).toBeNull();
    expect(after(reopened(paused), 5, ["failed", "failed"]).state).toBe("open");
  });

  it("tells why and since when it is paused, and holds nothing back by number", () => {
    const { gate } = accepted(null, 20);
    const paused = after(gate, 20, ["failed", "failed", "succeeded"]);
    const why = "2 of 3 sequences failed";
    expect(paused).toMatchObject({ state: "paused", held: 0, paused: { why, atMs: START_MS } });
    const unknown = after(gate, 20, ["cancelled", "cancelled", "cancelled"]);
    expect(unknown.paused?.why).toBe("the first wave ended without a result");
  });

  it("stays paused for what it was paused for, however many fail after that", () => {
    const { gate } = accepted(null, 10);
    const paused = after(gate, 10, Array<End>(5).fill("failed"));
    const sixth = gateAfterEnd(paused, aSequence({ wave: 0, state: "failed" }), 4, START_MS + 1);
    expect(sixth.paused).toEqual({ why: "5 of 5 sequences failed", atMs: START_MS });
  });

  it("makes what joins it wait for no wave", () => {
    const { gate } = accepted(null, 20);
    const paused = after(gate, 20, ["failed", "failed", "failed"]);
    expect([waveOf(paused, false), waveOf(reopened(gate), false)]).toEqual([0, 0]);
  });

  it("counts failures anew once somebody has resumed it", () => {
    const { gate } = accepted(null, 10);
    const resumed = reopened(after(gate, 20, Array<End>(5).fill("failed")));
    expect(resumed).toEqual({
      ...gate,
      state: "open",
      held: 0,
      done: 0,
      failed: 0,
      paused: null,
    });
    const ends: End[] = ["failed", "failed", "succeeded", "succeeded", "succeeded"];
    expect(after(resumed, 20, ends).state).toBe("open");
  });

  it("is not paused by its last end, nor by what is out of scope", () => {
    const { gate } = accepted(null, 5);
    const ends = Array<End>(5).fill("failed");
    expect(after(gate, 5, ends).state).toBe("open");
    const outcome = { code: "outOfScope", detail: "" };
    const out = aSequence({ wave: 0, state: "refused", outcome });
    expect(gateAfterEnd(gate, out, 4, START_MS).done).toBe(0);
  });
});

describe("an end that counts as a failure", () => {
  const script = { exitCode: 1, output: "", errors: "" };
  const { gate } = accepted(null, 10);

  it.each([
    ["that Defender says failed", { state: "failed" }, 1, 1],
    ["that Defender timed out", { state: "timedOut" }, 1, 1],
    ["that Defender refused", { state: "refused", outcome: { code: "x", detail: "" } }, 1, 1],
    ["that succeeded, but for a script", { state: "succeeded", results: [{ script }] }, 1, 1],
    ["none that succeeded without scripts", { state: "succeeded", results: [] }, 1, 0],
    ["none that was cancelled", { state: "cancelled" }, 0, 0],
    ["none that came too late", { state: "expired" }, 0, 0],
  ] as const)("is one %s", (_, { state, ...more }, done, failed) => {
    const results = "results" in more ? more.results.map((each) => aResult(each)) : [];
    const outcome = "outcome" in more ? more.outcome : null;
    const ended = aSequence({ wave: 0, place: null, state, outcome, results });
    expect(gateAfterEnd(gate, ended, 9, START_MS)).toMatchObject({ done, failed });
  });
});

describe("what a run holds back", () => {
  const { gate } = accepted(null, 20);
  const unapproved = { approvals: { needed: 1, by: [] }, expiresAtMs: START_MS + 9_000 };
  const approval = askedFor(null, 1, { by: "soar", objectId: null }, START_MS + 5_000);

  it("waits until its expiry for the first wave, and no longer than its run for an approval", () => {
    const waiting = placed(aSequence({ wave: 1 }), { gate, approval });
    expect(waiting.place).toEqual({ kind: "later", dueAtMs: waiting.expiresAtMs });
    const asked = placed(aSequence({ wave: 1, ...unapproved }), { gate, approval });
    expect(asked).toMatchObject({ reason: { code: "approval" }, place: { kind: "later" } });
    expect(asked.place).toEqual({ kind: "later", dueAtMs: START_MS + 5_000 });
  });

  it("is nothing without a gate, nor what was accepted before there was one", () => {
    const before = aSequence({ wave: null });
    expect(placed(before, { gate: null, approval: null })).toBe(before);
    expect(placed(before, { gate: { ...gate, state: "paused" }, approval: null })).toBe(before);
    const alone = aSequence({ wave: 1 });
    expect(placed(alone, { gate: null, approval: null })).toBe(alone);
    expect(withGated(null, [alone])).toBeNull();
  });

  it("is of the present wave only, and counted only while a first wave goes", () => {
    expect(gateReason(gate, aSequence({ wave: 2 }))).toBeNull();
    const open = reopened(gate);
    expect(withGated(open, [aSequence({ wave: 1 })])).toBe(open);
    const more = [1, 0, 2, null].map((wave) => aSequence({ wave }));
    expect(withGated(gate, more)?.held).toBe(gate.held + 1);
  });

  it("is told from what waits for a machine or a time", () => {
    const reasons: SequenceRecord["reason"][] = [
      { code: "approval" },
      { code: "canary" },
      { code: "runPaused" },
      { code: "machineHeld", sequenceId: "other" },
      { code: "offline", sinceMs: START_MS, times: 1 },
      null,
    ];
    const waiting = reasons.filter((reason) => waitsForGate({ reason }));
    expect(waiting).toEqual(reasons.slice(0, 3));
  });
});
