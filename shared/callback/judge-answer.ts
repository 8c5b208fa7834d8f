import type { CallbackAnswer } from "./answer.ts";

/** What happens to a notice after a try; `said` is for people. */
export type Judgement =
  | { readonly kind: "delivered" }
  /** The receiver wants no more of this. */
  | { readonly kind: "ended" }
  | { readonly kind: "again"; readonly dueAtMs: number; readonly said: string }
  | { readonly kind: "dead"; readonly said: string };

/** A receiver may ask for a longer wait than the schedule's, up to the longest of the standard. */
const RETRY_AFTER_MAX_MS = 24 * 3_600_000;

/** 410 Gone: the receiver asks to be sent nothing more (Standard Webhooks 1.0.0). */
const GONE = 410;

/**
 * The meaning of one try. `tries` counts all tries with this one, and `waitsMs` are the waits
 * between them. Only 2xx is success. A redirect is not followed, and is a failure like anything
 * else.
 */
export function judgeAnswer(
  answer: CallbackAnswer,
  tries: number,
  nowMs: number,
  waitsMs: readonly number[],
): Judgement {
  if (answer.kind === "answered") {
    if (answer.httpStatus >= 200 && answer.httpStatus < 300) return { kind: "delivered" };
    if (answer.httpStatus === GONE) return { kind: "ended" };
  }
  const said = wordsFor(answer);
  const waitMs = waitsMs[tries - 1];
  if (waitMs === undefined) return { kind: "dead", said };
  const asked = answer.kind === "answered" ? (answer.retryAfterMs ?? 0) : 0;
  const dueAtMs = Math.floor(nowMs + Math.max(waitMs, Math.min(asked, RETRY_AFTER_MAX_MS)));
  return { kind: "again", dueAtMs, said };
}

function wordsFor(answer: CallbackAnswer): string {
  if (answer.kind !== "answered") return answer.detail.slice(0, 200);
  const { httpStatus } = answer;
  const redirects = httpStatus >= 300 && httpStatus < 400;
  return redirects ? `HTTP ${httpStatus}, a redirect; lrq follows none` : `HTTP ${httpStatus}`;
}
