import { describe, expect, it } from "vitest";
import { createRequestRates } from "../../shared/access/request-rates.ts";

const MINUTE_MS = 60_000;

describe("the requests of a caller", () => {
  it("are as many in a minute as the limit says; the next may come when the minute is over", () => {
    const rates = createRequestRates(3);
    const at = (ms: number) => rates.count("one", ms);
    expect([at(1), at(2), at(3)].map(({ kind }) => kind)).toEqual(["free", "free", "free"]);
    expect(at(500)).toEqual({ kind: "over", retryAfterSeconds: 60 });
    expect(at(MINUTE_MS - 1)).toEqual({ kind: "over", retryAfterSeconds: 1 });
    expect(at(MINUTE_MS)).toEqual({ kind: "free" });
  });

  it("are not those of another caller", () => {
    const rates = createRequestRates(1);
    const kinds = ["one", "one", "other"].map((caller) => rates.count(caller, 0).kind);
    expect(kinds).toEqual(["free", "over", "free"]);
  });

  it("are counted anew if the clock is set back", () => {
    const rates = createRequestRates(1);
    const kinds = [5, 5, 2].map((minute) => rates.count("one", minute * MINUTE_MS).kind);
    expect(kinds).toEqual(["free", "over", "free"]);
  });
});
