import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { CallbackAnswer } from "../../shared/callback/answer.ts";
import { judgeAnswer } from "../../shared/callback/judge-answer.ts";
import { callbackConfigOf, callbackSettings } from "../../shared/callback/settings.ts";

const NOW_MS = Date.parse("2026-11-20T10:00:00Z");
const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const STANDARD = callbackConfigOf(z.object(callbackSettings).parse({})).waitsMs;

function answered(httpStatus: number, retryAfterMs: number | null = null): CallbackAnswer {
  return { kind: "answered", httpStatus, retryAfterMs };
}

const FAILURES = fc.oneof(
  fc
    .integer({ min: 100, max: 599 })
    .filter((status) => Math.floor(status / 100) !== 2 && status !== 410)
    .map((status) => answered(status)),
  fc.constant<CallbackAnswer>({ kind: "refusedAddress", detail: "no" }),
  fc.constant<CallbackAnswer>({ kind: "unavailable", detail: "no answer" }),
);

describe("a callback", () => {
  it("is delivered by any 2xx, at any try", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 299 }),
        fc.integer({ min: 1, max: 10 }),
        (status, tries) => {
          expect(judgeAnswer(answered(status), tries, NOW_MS, STANDARD).kind).toBe("delivered");
        },
      ),
    );
  });

  it("has ended with 410, at any try", () => {
    for (const tries of [1, 5, 10]) {
      expect(judgeAnswer(answered(410), tries, NOW_MS, STANDARD)).toEqual({ kind: "ended" });
    }
  });

  it("takes a redirect for failure, and says that none is followed", () => {
    expect(judgeAnswer(answered(302), 1, NOW_MS, STANDARD)).toEqual({
      kind: "again",
      dueAtMs: NOW_MS + 5 * SECOND_MS,
      said: "HTTP 302, a redirect; lrq follows none",
    });
  });

  it("that keeps failing is tried ten times in 75 hours and 35 minutes, and is dead then", () => {
    fc.assert(
      fc.property(fc.array(FAILURES, { minLength: 10, maxLength: 10 }), (failures) => {
        let atMs = NOW_MS;
        const kinds = failures.map((failure, index) => {
          const judged = judgeAnswer(failure, index + 1, atMs, STANDARD);
          if (judged.kind === "again") atMs = judged.dueAtMs;
          return judged.kind;
        });
        expect(kinds).toEqual([...Array.from({ length: 9 }, () => "again"), "dead"]);
        expect(atMs - NOW_MS).toBe(75 * HOUR_MS + 35 * 60 * SECOND_MS + 5 * SECOND_MS);
      }),
    );
  });

  it("waits longer if the receiver asks for it, never shorter, and a day at most", () => {
    const asked = [1 * SECOND_MS, HOUR_MS, 1_000 * HOUR_MS];
    const judged = asked.map((ms) => judgeAnswer(answered(429, ms), 2, NOW_MS, STANDARD));
    expect(judged).toMatchObject([
      { kind: "again", dueAtMs: NOW_MS + 300 * SECOND_MS },
      { kind: "again", dueAtMs: NOW_MS + HOUR_MS },
      { kind: "again", dueAtMs: NOW_MS + 24 * HOUR_MS },
    ]);
  });
});
