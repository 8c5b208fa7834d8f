import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayOf, secondsLeftOfDay, whichCap } from "../../shared/access/caps.ts";

const count = fc.integer({ min: 0, max: 1_000 });
const caps = fc.record({ perIncident: count, perCallerDay: count, perDay: count });
const counted = fc.record({ ofIncident: count, ofCallerToday: count, today: count });

describe("the caps", () => {
  it("let through exactly what leaves every count at or under its cap", () => {
    fc.assert(
      fc.property(caps, counted, count, (limits, used, asked) => {
        const fits =
          used.ofIncident + asked <= limits.perIncident &&
          used.ofCallerToday + asked <= limits.perCallerDay &&
          used.today + asked <= limits.perDay;
        expect(whichCap(limits, used, asked) === null).toBe(fits || asked === 0);
      }),
    );
  });

  it("say how many are left, which would have been let through", () => {
    fc.assert(
      fc.property(caps, counted, count, (limits, used, asked) => {
        const over = whichCap(limits, used, asked);
        if (over === null) return;
        expect(over.left).toBeLessThan(asked);
        expect(whichCap(limits, used, over.left)?.cap).not.toBe(over.cap);
      }),
    );
  });

  it("begin anew with the day in UTC", () => {
    const lastMs = Date.parse("2026-12-31T23:59:59.999Z");
    expect([dayOf(lastMs), dayOf(lastMs + 1)]).toEqual(["20261231", "20270101"]);
    expect([secondsLeftOfDay(lastMs), secondsLeftOfDay(lastMs + 1)]).toEqual([1, 86_400]);
  });
});
