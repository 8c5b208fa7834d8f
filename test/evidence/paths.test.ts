import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { resultPath } from "../../shared/evidence/paths.ts";

const RUN = "0123456789abcdefghjk";
const SEQUENCE = `${RUN}.mnpqrstvwxyz`;

describe("the name of what we keep", () => {
  it("is made of our ids and of numbers alone", () => {
    expect(resultPath(SEQUENCE, 0, 12)).toBe("0123456789abcdefghjk/mnpqrstvwxyz/0-12.bin");
  });

  it("is another one for every result", () => {
    const paths = [0, 1, 11].flatMap((part) =>
      [0, 1, 11].map((index) => resultPath(SEQUENCE, part, index)),
    );
    expect(new Set(paths).size).toBe(9);
  });

  it.each([
    ["", 0, 0],
    [RUN, 0, 0],
    [`${SEQUENCE}\n`, 0, 0],
    [SEQUENCE.toUpperCase(), 0, 0],
    [`${RUN}.mnpqrstvwxyi`, 0, 0],
    [`${RUN}/../mnpqrstvwxyz`, 0, 0],
    [SEQUENCE, -1, 0],
    [SEQUENCE, 0, 0.5],
    [SEQUENCE, 0, Number.NaN],
    [SEQUENCE, 10_000, 0],
  ])("is never built from %j, %d, %d", (sequenceId, part, index) => {
    expect(() => resultPath(sequenceId, part, index)).toThrow(/not/);
  });

  it("is never built from text that is not ours", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => resultPath(`${RUN}.${text}`, 0, 0)).toThrow("not the id of a sequence");
      }),
    );
  });
});
