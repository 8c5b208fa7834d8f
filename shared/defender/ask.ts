import type { Reply } from "../ports.ts";
import { classifyReply } from "./classify.ts";
import { exchange, jsonBody, type HttpCall } from "./request.ts";
import type { Tokens } from "./token.ts";

/** The largest single answer we read; an action with its commands takes a few KiB. */
export const MAX_ANSWER_BYTES = 2 ** 20;

/**
 * The largest page of a list: 10,000 members of up to about 3 KiB each. The largest answer to a
 * hunt, too: 100,000 rows that have only an id take 6 MB. Defender would give up to 50 MB.
 */
const MAX_PAGE_BYTES = 32 * 2 ** 20;

/** A question to the API; `json` is posted unless it is null, and `size` bounds the answer. */
interface Question {
  readonly url: string;
  readonly json: unknown;
  readonly size: keyof typeof MAX_BYTES;
}

const MAX_BYTES = { one: MAX_ANSWER_BYTES, page: MAX_PAGE_BYTES, hunt: MAX_PAGE_BYTES } as const;

/**
 * Asks once, and reads the answer with `read`, which returns null for an answer it does not
 * understand; `read` also gets the time from the answer's Date header.
 */
export type Ask = <T>(
  question: Question,
  read: (json: unknown, dateMs: number | null) => T | null,
) => Promise<Reply<T>>;

/** Defender works on a hunt for 200 s at most (advanced hunting API page). */
const HUNT_MS = 200_000;

/** Questions to the API, each with a token and for at most `readMs`; a hunt may take longer. */
export function asking(tokens: Tokens, nowMs: () => number, readMs: number): Ask {
  return async (question, read) => {
    const { url, json, size } = question;
    const call: TimedCall = {
      method: json === null ? "GET" : "POST",
      url,
      body: json === null ? null : jsonBody(json),
      timeoutMs: size === "hunt" ? HUNT_MS : readMs,
      maxBytes: MAX_BYTES[size],
    };
    return await askWith({ tokens, nowMs }, call, read);
  };
}

/** A call before it has a token; it is given up after `timeoutMs`. */
interface TimedCall extends Pick<HttpCall, "method" | "url" | "body" | "maxBytes"> {
  readonly timeoutMs: number;
}

/** Makes one call of any form, once, with a token. */
export async function askWith<T>(
  { tokens, nowMs }: { readonly tokens: Tokens; readonly nowMs: () => number },
  { timeoutMs, ...call }: TimedCall,
  read: (json: unknown, dateMs: number | null) => T | null,
): Promise<Reply<T>> {
  const token = await tokenOr(tokens);
  if (token.kind !== "answered") return token;
  const signal = AbortSignal.timeout(timeoutMs);
  const exchanged = await exchange({ ...call, token: token.value, signal });
  if (exchanged.kind !== "answer") return { kind: "unavailable", detail: exchanged.detail };
  if (exchanged.answer.status === 401) tokens.forget(token.value);
  return classifyReply(exchanged.answer, nowMs(), read);
}

/** A token; or `unavailable` with the reason, and then there was no call. */
export async function tokenOr(tokens: Tokens): Promise<Reply<string>> {
  try {
    return { kind: "answered", value: await tokens.current() };
  } catch (error) {
    return { kind: "unavailable", detail: tokenTrouble(error) };
  }
}

/**
 * Why there is no token, on one line, in the words of the identity service, because its
 * administrator needs them.
 */
export function tokenTrouble(error: unknown): string {
  const message = error instanceof Error ? error.message : "";
  const words = message.replaceAll(/\p{Cc}+/gu, " ").slice(0, 300);
  return words === "" ? "no access token" : `no access token: ${words}`;
}
