import type { HttpResponseInit } from "@azure/functions";
import type { Problem } from "../shared/app.ts";

/**
 * The kinds of refusal, each with its status and title; the kind is the end of the problem's
 * `type`, and does not change.
 */
const PROBLEMS = {
  "bad-request": [400, "The request is not right"],
  unauthenticated: [401, "The caller is not known"],
  forbidden: [403, "The caller may not do this"],
  "not-found": [404, "There is no such thing"],
  "key-reused": [409, "The Idempotency-Key was used for another request"],
  ambiguous: [409, "The name fits more than one machine"],
  "not-approvable": [409, "This cannot be approved"],
  "not-now": [409, "This is not possible now"],
  "not-retryable": [409, "This cannot be run again"],
  "paused-by-setting": [409, "A setting pauses lrq"],
  replayed: [409, "The signed message was sent before"],
  "set-aside": [409, "A row cannot be read by this version of the app"],
  "too-large": [413, "The body is too large"],
  "wrong-type": [415, "The body is of the wrong type"],
  "nothing-to-do": [422, "Understood, but there is nothing to do"],
  "too-many-machines": [422, "Too many machines for one incident"],
  "too-many-callbacks": [422, "Too many callbacks for one run"],
  "too-many-requests": [429, "Too many requests in this minute"],
  "over-cap": [429, "No more machines today"],
  unforeseen: [500, "The app made a mistake"],
  unavailable: [503, "Not now; try again"],
  "locked-down": [503, "Locked down"],
  "not-configured": [503, "The app is not configured"],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemKind = keyof typeof PROBLEMS;

/**
 * A refusal as RFC 9457 problem details; `detail` says what to do about it, and `more` are further
 * members.
 */
export function problem(
  kind: ProblemKind,
  detail: string,
  more: object = {},
  headers: Readonly<Record<string, string>> = {},
): HttpResponseInit {
  const [status, title] = PROBLEMS[kind];
  const body = { type: `urn:lrq:problem:${kind}`, title, status, detail, ...more };
  return {
    status,
    headers: {
      ...SAFE_HEADERS,
      "content-type": "application/problem+json",
      ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
      ...(status === 503 ? { "retry-after": "30" } : {}),
      ...headers,
    },
    body: JSON.stringify(body),
  };
}

/** The name of a machine fits all of these. */
export function ambiguous(machineIds: readonly string[]): HttpResponseInit {
  return problem("ambiguous", "Ask for one of these machines by its id.", { machineIds });
}

/** The settings are wrong. Callers get the problems without the values, which may be secrets. */
export function notConfigured(problems: readonly Problem[]): HttpResponseInit {
  const detail = "The settings or profiles of the app are wrong; its operator has to correct them.";
  return problem("not-configured", detail, { errors: problems });
}

export function json(
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): HttpResponseInit {
  return {
    status,
    headers: { ...SAFE_HEADERS, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

/**
 * No answer of ours is a page, so no browser may sniff, cache or frame it. Also not on its disk to
 * ask for it anew: who wants a 304 keeps the body and its ETag itself.
 */
export const SAFE_HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
} as const;
