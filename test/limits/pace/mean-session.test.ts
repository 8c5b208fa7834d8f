import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FIRST_MEAN,
  withSession,
  type MeanSession,
} from "../../../shared/limits/pace/mean-session.ts";

const after = (lengthsMs: readonly number[], before: MeanSession = FIRST_MEAN) =>
  lengthsMs.reduce(withSession, before);
const times = (count: number, lengthMs: number) => Array.from({ length: count }, () => lengthMs);

describe("the mean length of sessions", () => {
  it("is near that of the first ten before long, whatever was believed before", () => {
    expect(after(times(10, 60_000)).meanSessionMs).toBeLessThan(90_000);
    expect(after(times(10, 600_000)).meanSessionMs).toBeGreaterThan(450_000);
  });

  it("is steady where short and long ones take turns", () => {
    const mixed = Array.from({ length: 200 }, (_, at) => (at % 5 < 2 ? 35_000 : 300_000));
    const { meanSessionMs } = after(mixed);
    expect(Math.abs(meanSessionMs - 194_000)).toBeLessThan(20_000);
  });

  it("follows when sessions become longer", () => {
    const { meanSessionMs } = after([...times(100, 60_000), ...times(100, 240_000)]);
    expect(meanSessionMs).toBeGreaterThan(230_000);
  });

  it("is moved little by one that nobody wanted for days", () => {
    const { meanSessionMs } = after([...times(100, 60_000), 259_200_000]);
    expect(meanSessionMs).toBeLessThan(70_000);
  });

  it("always lies between what it was and the length that came, and is above nothing", () => {
    const lengths = fc.array(fc.double({ min: -10, max: 1e9, noNaN: true }), { maxLength: 50 });
    fc.assert(
      fc.property(lengths, fc.double({ min: 1, max: 1e9, noNaN: true }), (earlier, last) => {
        const before = after(earlier);
        const { meanSessionMs } = withSession(before, last);
        expect(meanSessionMs).toBeGreaterThan(0);
        expect(meanSessionMs).toBeGreaterThanOrEqual(Math.min(before.meanSessionMs, last));
        expect(meanSessionMs).toBeLessThanOrEqual(Math.max(before.meanSessionMs, last));
      }),
    );
  });
});
