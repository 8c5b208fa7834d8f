import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SOURCES } from "../../shared/incident/incident.ts";
import { runIdOf, sequenceIdOf } from "../../shared/plan/identity.ts";
import type { RunKey, SequenceKey } from "../../shared/plan/identity.ts";

// Whole code points, weighted to what a careless encoding would confuse.
const text = fc.string({ unit: fc.constantFrom("a", "1", ":", ",", "é", "\u0000"), maxLength: 4 });

const runKey: fc.Arbitrary<RunKey> = fc.record({
  source: fc.constantFrom(...SOURCES),
  incidentId: text,
  again: fc.option(text),
  team: fc.option(text),
});

const sequenceKey: fc.Arbitrary<SequenceKey> = fc.record({
  machineId: text,
  profile: fc.record({ name: text, version: fc.integer({ min: 1, max: 3 }) }),
  parameters: fc.dictionary(fc.constantFrom("a", "b", "c"), text),
});

describe("a run's id", () => {
  it("is 20 characters of lower-case Crockford base32", () => {
    fc.assert(
      fc.property(runKey, (key) => {
        expect(runIdOf(key)).toMatch(/^[0-9abcdefghjkmnpqrstvwxyz]{20}$/);
      }),
    );
  });

  it("is the same for the same key and another for any other", () => {
    fc.assert(
      fc.property(runKey, runKey, (one, two) => {
        const same = JSON.stringify(one) === JSON.stringify(two);
        expect(runIdOf({ ...one })).toBe(runIdOf(one));
        expect(runIdOf(one) === runIdOf(two)).toBe(same);
      }),
      { numRuns: 1_000 },
    );
  });

  it("does not change between versions of the program", () => {
    const key = { source: "sentinel", incidentId: "63883bf7", again: null, team: null } as const;
    const runId = runIdOf(key);
    expect(runId).toBe("x58g10qaezhc2g2qk8vy");
    const of = {
      machineId: "ab",
      profile: { name: "p", version: 2 },
      parameters: { b: "", a: "1" },
    };
    expect(sequenceIdOf(runId, of)).toBe("x58g10qaezhc2g2qk8vy.cg3yy5jg12r3");
    expect(runIdOf({ ...key, again: "1" })).not.toBe(runIdOf(key));
    expect(runIdOf({ ...key, team: "soc" })).toBe("dpem9c5fzfdnvzhr5sqb");
  });
});

describe("a sequence's id", () => {
  it("is its run's id, a dot and 12 characters", () => {
    fc.assert(
      fc.property(sequenceKey, (key) => {
        expect(sequenceIdOf("r1", key)).toMatch(/^r1\.[0-9abcdefghjkmnpqrstvwxyz]{12}$/);
      }),
    );
  });

  it("is the same in whatever order the parameters come", () => {
    fc.assert(
      fc.property(sequenceKey, (key) => {
        const reversed = Object.fromEntries(Object.entries(key.parameters).toReversed());
        expect(sequenceIdOf("r1", { ...key, parameters: reversed })).toBe(sequenceIdOf("r1", key));
      }),
    );
  });

  it("differs when machine, profile, version, a parameter or the run does", () => {
    fc.assert(
      fc.property(sequenceKey, sequenceKey, (one, two) => {
        const same = canonical(one) === canonical(two);
        expect(sequenceIdOf("r1", one) === sequenceIdOf("r1", two)).toBe(same);
        expect(sequenceIdOf("r1", one).slice(2)).not.toBe(sequenceIdOf("r2", one).slice(2));
      }),
      { numRuns: 1_000 },
    );
  });
});

/** A text that is the same for keys that are meant to be the same. */
function canonical({ machineId, profile, parameters }: SequenceKey): string {
  const named = Object.entries(parameters).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([machineId, profile.name, profile.version, named]);
}
