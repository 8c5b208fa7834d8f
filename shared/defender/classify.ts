import { z } from "zod";

import { httpDateMs, type ComeBack } from "../http/retry-after.ts";
import type { SubmissionAnswer } from "../ledger/sequence/submission.ts";
import type { Reply } from "../ports.ts";
import { nextStep } from "./next-step.ts";
import type { HttpAnswer } from "./request.ts";
import { throttledAnswer } from "./throttled-answer.ts";
import { readAccepted } from "./schema.ts";

/** Characters of Defender's own words that we pass on; the wire promises no bound. */
const MAX_MESSAGE_CHARS = 500;

/**
 * The body of a refusal. Bad OData options come with an empty code, `details` and no target;
 * gateways send HTML.
 */
const errorSchema = z.object({
  error: z.object({
    code: z.string().catch(""),
    message: z.string().catch(""),
    target: z.string().catch(""),
  }),
});

/** Too slow, or at the wrong door: the same call may do well another time (RFC 9110, 15.5). */
const TRANSIENT: ReadonlySet<number> = new Set([408, 421]);

interface ApiError {
  readonly code: string;
  readonly detail: string;
}

/**
 * What the answer to a POST of a sequence means. Only what is sure not to have started anything is
 * a refusal.
 */
export function classifySubmission(answer: HttpAnswer, nowMs: number): SubmissionAnswer {
  const { status } = answer;
  if (status === 429) return throttledAnswer(comeBackIn(answer), nowMs);
  if (status >= 200 && status < 300) return accepted(answer);
  if (status < 400 || status >= 500 || TRANSIENT.has(status)) return unknown(`HTTP ${status}`);
  const { code, detail } = apiError(answer);
  if (status === 401) return { kind: "unauthorized", detail };
  if (code === "ActiveRequestAlreadyExists") return { kind: "machineBusy" };
  // Without its body a 400 may be the one that says "busy, perhaps with your own action".
  if (status === 400 && answer.text === null) return unknown("HTTP 400 whose body was lost");
  return { kind: "refused", httpStatus: status, code, detail };
}

/**
 * What the answer to any other call means; `read` gives null for a body that is not what it should
 * be.
 */
export function classifyReply<T>(
  answer: HttpAnswer,
  nowMs: number,
  read: (json: unknown, dateMs: number | null) => T | null,
): Reply<T> {
  const { status } = answer;
  if (status === 429) return throttledAnswer(comeBackIn(answer), nowMs);
  if (status >= 200 && status < 300) return answered(answer, read);
  if (status < 400 || status >= 500 || TRANSIENT.has(status)) {
    return { kind: "unavailable", detail: apiError(answer).detail };
  }
  const { code, detail } = apiError(answer);
  if (status === 404) return { kind: "absent", detail };
  return { kind: "refused", httpStatus: status, code, detail };
}

function accepted(answer: HttpAnswer): SubmissionAnswer {
  const read = readAccepted(jsonOf(answer.text));
  if (read === null) return unknown(`HTTP ${answer.status} without a readable action`);
  return { kind: "accepted", actionId: read.id, comment: read.comment };
}

function answered<T>(
  answer: HttpAnswer,
  read: (json: unknown, dateMs: number | null) => T | null,
): Reply<T> {
  const dateMs = httpDateMs(answer.headers.get("date") ?? "");
  const value = read(jsonOf(answer.text), dateMs);
  if (value !== null) return { kind: "answered", value };
  const why = answer.text === null ? "cut off or too large" : "not what was asked for";
  return { kind: "unavailable", detail: `HTTP ${answer.status} with a body that is ${why}` };
}

function comeBackIn({ headers }: HttpAnswer): ComeBack {
  return { retryAfter: headers.get("retry-after"), date: headers.get("date") };
}

function unknown(detail: string): SubmissionAnswer {
  return { kind: "unknown", detail };
}

/**
 * Code, and a text with status, Defender's words, the correlation id its support asks for, and the
 * next step.
 */
function apiError(answer: HttpAnswer): ApiError {
  const read = errorSchema.safeParse(jsonOf(answer.text));
  const { code, message, target } = read.success
    ? read.data.error
    : { code: "", message: "", target: "" };
  const head = code === "" ? `HTTP ${answer.status}` : `HTTP ${answer.status} ${shown(code)}`;
  const said = message === "" ? head : `${head}: ${shown(message)}`;
  const known = target === "" ? said : `${said} (correlation id ${shown(target)})`;
  const step = nextStep(code);
  return { code: shown(code), detail: step === null ? known : `${known} ${step}` };
}

/** One line of bounded length, without control characters. */
function shown(text: string): string {
  return text.slice(0, MAX_MESSAGE_CHARS).replaceAll(/\p{Cc}+/gu, " ");
}

/** The parsed body; undefined, which no schema takes, if it is lost or no JSON. */
function jsonOf(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
