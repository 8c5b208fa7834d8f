import { describe, expect, it } from "vitest";
import { countsOf } from "../../../shared/ledger/run/counts.ts";
import { SEQUENCE_STATES } from "../../../shared/ledger/sequence/sequence.ts";
import { aSequence } from "../a-sequence.ts";

describe("sequences by state", () => {
  it("are all there, those that are none as 0, and add up", () => {
    const none = Object.fromEntries(SEQUENCE_STATES.map((state) => [state, 0]));
    expect(countsOf([])).toEqual({ ...none, total: 0 });
    const all = SEQUENCE_STATES.map((state) => aSequence({ state }));
    const one = Object.fromEntries(SEQUENCE_STATES.map((state) => [state, 1]));
    expect(countsOf(all)).toEqual({ ...one, total: SEQUENCE_STATES.length });
    const twice = [...all, aSequence({ state: "expired" })];
    expect(countsOf(twice)).toMatchObject({ expired: 2, total: SEQUENCE_STATES.length + 1 });
  });
});
