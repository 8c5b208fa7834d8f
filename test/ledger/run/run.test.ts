import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { openingKey } from "../../../shared/ledger/row/keys.ts";
import {
  stateOf,
  openingNote,
  withFinished,
  withSequences,
} from "../../../shared/ledger/run/run.ts";
import { aRun } from "../a-run.ts";
import { aSequence, START_MS } from "../a-sequence.ts";

const EMPTY = aRun();

/** New sequences, as far as a run counts them. */
function some(count: number) {
  return Array.from({ length: count }, () => ({ profile: aSequence().profile }));
}

describe("a run", () => {
  it("finishes when the last of its sequences does, and not before", () => {
    const run = withSequences(EMPTY, some(3));
    const two = withFinished(run, 2, START_MS + 1);
    expect(two).toMatchObject({ open: 1, finishedAtMs: null });
    expect(withFinished(two, 1, START_MS + 2)).toMatchObject({
      open: 0,
      finishedAtMs: START_MS + 2,
    });
  });

  it("opens again when its incident grows", () => {
    const done = withFinished(withSequences(EMPTY, some(1)), 1, START_MS);
    const grown = withSequences(done, some(2));
    expect(grown).toMatchObject({ accepted: 3, open: 2, finishedAtMs: null });
  });

  it("stays finished when nothing is added", () => {
    const done = withFinished(withSequences(EMPTY, some(1)), 1, START_MS);
    expect(withSequences(done, some(0))).toEqual(done);
  });

  it("throws when more finish than are open", () => {
    expect(() => withFinished(withSequences(EMPTY, some(1)), 2, START_MS)).toThrow("1 open");
  });

  it("leaves a note when its gate has changed, and none else", () => {
    const changed = { ...EMPTY, turns: 3 };
    expect(openingNote(EMPTY, changed)).toEqual([
      { op: "insert", key: openingKey(EMPTY.runId, 3), body: { v: 1 } },
    ]);
    expect(openingNote(changed, { ...changed, open: 1 })).toEqual([]);
  });

  it("is running until it has finished", () => {
    expect(stateOf(EMPTY)).toBe("running");
    expect(stateOf({ ...EMPTY, finishedAtMs: START_MS })).toBe("finished");
  });

  it("always counts right, however its sequences come and go", () => {
    const steps = fc.array(fc.tuple(fc.nat(48), fc.nat(60)), { maxLength: 20 });
    fc.assert(
      fc.property(steps, (all) => {
        let run = EMPTY;
        let [accepted, ended] = [0, 0];
        for (const [added, finishing] of all) {
          run = withSequences(run, some(added));
          accepted += added;
          const finished = Math.min(finishing, accepted - ended);
          if (finished > 0) run = withFinished(run, finished, START_MS);
          ended += finished;
          const over = finished > 0 && accepted === ended;
          expect(run).toMatchObject({ accepted, open: accepted - ended });
          const silent = finished === 0 && added === 0;
          expect(silent || (run.finishedAtMs !== null) === over).toBe(true);
        }
      }),
    );
  });
});
