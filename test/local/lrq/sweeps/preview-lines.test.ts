import { describe, expect, it } from "vitest";
import { previewLines, previewSchema } from "../../../../local/lrq/sweeps/preview-lines.ts";

const NOW_MS = Date.parse("2026-11-29T12:00:00Z");
/** As an app of before says it. */
const OLD = {
  machines: 10,
  awake: 9,
  platforms: { windows: 8, linux: 2 },
  leftOut: 2,
  needApproval: 0,
  calls: 9,
  sessions: 5,
  estimatedMinutes: 12,
  complete: true,
};
const WHOLE = { ...OLD, asked: 5, recent: 2, beyondLimit: 1, opensAt: null, looked: 20, why: null };

function said(preview: object): string {
  const around = { columns: 120, nowMs: () => NOW_MS };
  const lines = previewLines(previewSchema.parse(preview), around);
  return lines.map((line) => line.map(({ text }) => text).join("")).join("\n");
}

describe("a preview at the terminal", () => {
  it("says who is asked, and why the others are not", () => {
    expect(said(WHOLE)).toMatch(/machines +10: 8 windows, 2 linux/);
    expect(said(WHOLE)).toMatch(/asked +5; 2 were reached lately; 2 are left out .*; 1 are beyond/);
    expect(said(WHOLE)).not.toMatch(/least|window +opens|expires/);
  });

  it("says when its window opens, and that the round expires too early", () => {
    const opensAt = "2026-11-29T22:00:00.000Z";
    const late = { ...WHOLE, opensAt, estimatedMinutes: 5 * 24 * 60, expiresFirst: true };
    expect(said(late)).toMatch(/window +opens in 10 h/);
    expect(said(late)).toMatch(/takes +about 5 days; the round expires before that/);
  });

  it("says of how many machines it is if that are not all", () => {
    const why = { code: "token", detail: "The calls are used up." };
    const part = said({ ...WHOLE, complete: false, why });
    expect(part).toMatch(/machines +at least 10/);
    expect(part).toMatch(/not all +only 20 machines were looked at: The calls are used up\./);
    expect(part).toMatch(/costs +at least 9 calls[^]*takes +at least about 12 min/);
  });

  it("shows what an app of before says", () => {
    expect(said(OLD)).toMatch(/machines +10: 8 windows, 2 linux\nasked +10; 2 are left out/);
  });
});
