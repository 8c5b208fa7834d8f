import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { idealUntilDone } from "../../bench/drain/ideal.ts";
import { someLimits } from "../limits/some-limits.ts";

const LIMITS = someLimits();
const times = (count: number, lengthMs: number | null) =>
  Array.from({ length: count }, () => lengthMs);

describe("an ideal queue", () => {
  it("is held up by calls where sessions are short", () => {
    expect(idealUntilDone(times(10, 1_000), 0, LIMITS)).toBe(1_000);
    expect(idealUntilDone(times(100, 1_000), 0, LIMITS)).toBe(9 * 60_000 + 1_000);
  });

  it("is held up by sessions where they are long", () => {
    const hour = 3_600_000;
    // The third ten begin after two windows, but only five of them find a session.
    expect(idealUntilDone(times(25, hour), 0, LIMITS)).toBe(2 * 60_000 + hour);
    expect(idealUntilDone(times(35, hour), 0, LIMITS)).toBe(hour + hour);
  });

  it("waits for no machine that is offline, but for the session it costs", () => {
    expect(idealUntilDone([...times(3, 5_000), null], 25_000, LIMITS)).toBe(5_000);
    const lengths = [...times(25, null), 1_000];
    expect(idealUntilDone(lengths, 600_000, LIMITS)).toBe(600_000 + 1_000);
  });

  it("is never sooner done the later one knows who is offline", () => {
    const lengths = fc.array(fc.option(fc.integer({ min: 1, max: 600_000 })), { maxLength: 80 });
    const pair = fc.tuple(fc.nat(600_000), fc.nat(600_000));
    fc.assert(
      fc.property(lengths, pair, (some, [sooner, more]) => {
        const late = idealUntilDone(some, sooner + more, LIMITS);
        expect(late).toBeGreaterThanOrEqual(idealUntilDone(some, sooner, LIMITS));
      }),
    );
  });
});
