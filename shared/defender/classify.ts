import { z } from "zod";

import { adviceAbout } from "../advice/advice-about.ts";
import { httpDateMs, type ComeBack } from "../http/retry-after.ts";
import type { SubmissionAnswer } from "../ledger/sequence/submission.ts";
import type { Reply } from "../ports.ts";
import { isFinalCode, saysAbsent } from "./final-codes.ts";
import type { HttpAnswer } from "./request.ts";
import { throttledAnswer } from "./throttled-answer.ts";
import { readAccepted } from "./schema.ts";

/** Most characters of Defender's own words that lrq passes on; Defender documents no bound. */
const MAX_MESSAGE_CHARS = 500;

/**
 * Defender's error form. Bad OData options have an empty code, `details` and no target. Answers of
 * gateways have no such code, or are no JSON.
 */
const errorSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string().catch(""),
    target: z.string().catch(""),
  }),
});

/** No valid token, or not the right to ask. */
const ACCESS: ReadonlySet<number> = new Set([401, 403]);

interface ApiError {
  /** False if the answer is not in Defender's error form; then the code is empty. */
  readonly inForm: boolean;
  readonly code: string;
  readonly detail: string;
}

/**
 * What the answer to a POST of a sequence means. It is a refusal only if Defender itself refused,
 * with a code that is known to be final. After any other answer the action may exist.
 */
export function classifySubmission(answer: HttpAnswer, nowMs: number): SubmissionAnswer {
  const { status } = answer;
  if (status === 429) return throttledAnswer(comeBackIn(answer), nowMs);
  if (status >= 200 && status < 300) return accepted(answer);
  const { code, detail } = apiError(answer);
  // Without a valid token nothing begins, whoever checked the token. This ends no sequence.
  if (status === 401) return { kind: "unauthorized", detail };
  if (status === 400 && code === "ActiveRequestAlreadyExists") return { kind: "machineBusy" };
  if (isFinalCode(status, code)) return { kind: "refused", httpStatus: status, code, detail };
  return unknown(detail);
}

/**
 * What the answer to any other call means; `read` returns null for a body of another form. A 401 or
 * 403 in any form is about our access. Of all others only a 400 or 404 in Defender's own form
 * counts, with a code that is known to be final: after any other answer nothing is known.
 */
export function classifyReply<T>(
  answer: HttpAnswer,
  nowMs: number,
  read: (json: unknown, dateMs: number | null) => T | null,
): Reply<T> {
  const { status } = answer;
  if (status === 429) return throttledAnswer(comeBackIn(answer), nowMs);
  if (status >= 200 && status < 300) return answered(answer, read);
  const { inForm, code, detail } = apiError(answer);
  if (saysAbsent(status, code)) return { kind: "absent", detail };
  if (ACCESS.has(status) || (status === 400 && isFinalCode(status, code))) {
    return { kind: "refused", httpStatus: status, code, detail };
  }
  // Bad OData options have no code, and a gateway may leave it out, too.
  const mayBeOfRequest = status === 400 && inForm && code === "";
  return { kind: "unavailable", detail, ...(mayBeOfRequest ? { mayBeOfRequest } : {}) };
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
 * The code; and a text with the status, Defender's words, the correlation id that its support asks
 * for, and the next step.
 */
function apiError(answer: HttpAnswer): ApiError {
  const read = errorSchema.safeParse(jsonOf(answer.text));
  if (!read.success) return { inForm: false, code: "", detail: notItsForm(answer) };
  const { code, message, target } = read.data.error;
  const head = code === "" ? `HTTP ${answer.status}` : `HTTP ${answer.status} ${shown(code)}`;
  const said = message === "" ? head : `${head}: ${shown(message)}`;
  const known = target === "" ? said : `${said} (correlation id ${shown(target)})`;
  const advice = adviceAbout(code);
  const detail = advice === null ? known : `${known} ${advice.step}`;
  return { inForm: true, code: shown(code), detail };
}

/** Of such an answer only the status is shown, because it is not known who wrote the rest. */
function notItsForm({ status, text }: HttpAnswer): string {
  if (text === null) return `HTTP ${status} with a body that is cut off or too large`;
  const body = text.trim() === "" ? "an empty body" : "a body that is not Defender's error form";
  return `HTTP ${status} with ${body}; perhaps a proxy or gateway sent it`;
}

/** One line of bounded length, without control characters. */
function shown(text: string): string {
  return text.slice(0, MAX_MESSAGE_CHARS).replaceAll(/\p{Cc}+/gu, " ");
}

/** The parsed body; undefined, which no schema accepts, if the body was lost or is no JSON. */
function jsonOf(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
