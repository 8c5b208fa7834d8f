import { describe, expect, it } from "vitest";
import { opensAtMs } from "../../shared/sweep/window.ts";

const at = (text: string): number => Date.parse(text);
const night = { from: "22:00", to: "06:00", zone: "Europe/Berlin" };

describe("a window", () => {
  it("goes over midnight, by the clocks of its zone", () => {
    expect(opensAtMs(night, at("2026-11-29T20:59:59Z"))).toBe(at("2026-11-29T21:00:00Z"));
    expect(opensAtMs(night, at("2026-11-29T21:00:00Z"))).toBeNull();
    expect(opensAtMs(night, at("2026-11-30T04:59:59Z"))).toBeNull();
    expect(opensAtMs(night, at("2026-11-30T05:00:00Z"))).toBe(at("2026-11-30T21:00:00Z"));
    // In summer the same clocks are an hour earlier in UTC.
    expect(opensAtMs(night, at("2026-07-01T20:00:00Z"))).toBeNull();
  });

  it("is always open without one", () => {
    expect(opensAtMs(null, at("2026-11-29T12:00:00Z"))).toBeNull();
  });
});
