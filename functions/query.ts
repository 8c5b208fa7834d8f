import type { HttpRequest, HttpResponseInit } from "@azure/functions";
import { problem } from "./answer.ts";

/**
 * What is wrong with the value of a query parameter, as a sentence that says what to send; null if
 * nothing is.
 */
type Check = (value: string) => string | null;

/** Any caller may name itself; only the keys of signatures are looked up by it. */
const ALWAYS = new Set(["caller"]);

/** Of a text that rows are compared with. Our own bound. */
const TEXT_MAX = 512;
/** ISO 8601 in UTC, also a day alone. */
const INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z)?$/;

/**
 * The refusal of a query with a parameter that the route does not know, with one that is there
 * twice, or with a wrong value; null if the query is right.
 */
export function badQuery(
  { query }: HttpRequest,
  known: Readonly<Record<string, Check>>,
): HttpResponseInit | null {
  const names = [...query.keys()];
  const errors = names.flatMap((name, index) => {
    const message = troubleOf(query, known, { name, isSecond: names.indexOf(name) < index });
    return message === null ? [] : [{ path: name, message }];
  });
  if (errors.length === 0) return null;
  return problem("bad-request", "The query is not right; each error says what to change.", {
    errors,
  });
}

function troubleOf(
  query: HttpRequest["query"],
  known: Readonly<Record<string, Check>>,
  { name, isSecond }: { readonly name: string; readonly isSecond: boolean },
): string | null {
  if (isSecond) return "Send it once.";
  if (ALWAYS.has(name)) return null;
  const check = Object.hasOwn(known, name) ? known[name] : undefined;
  return check === undefined ? unknown(Object.keys(known)) : check(query.get(name) ?? "");
}

function unknown(names: readonly string[]): string {
  if (names.length === 0) return "Remove it: this route has no parameters.";
  return `Remove it: this route knows only ${names.join(", ")}.`;
}

/** One of these words. */
export function oneOf(words: readonly string[]): Check {
  return (value) => (words.includes(value) ? null : `Send one of: ${words.join(", ")}.`);
}

/** Something, at most as long as a name or an id can be. */
export const anyText: Check = (value) =>
  value.length > 0 && value.length <= TEXT_MAX ? null : `Send 1 to ${TEXT_MAX} characters.`;

/** A whole number from 1 to `max`. */
export function countUpTo(max: number): Check {
  return (value) =>
    /^[1-9]\d{0,9}$/.test(value) && Number(value) <= max
      ? null
      : `Send a whole number from 1 to ${max}.`;
}

/** An instant, from 1970 on. */
export const instant: Check = (value) =>
  INSTANT.test(value) && Date.parse(value) >= 0
    ? null
    : "Send a time in UTC, such as 2026-11-29T03:00:00Z.";

/** Anything: the list itself reads its cursor. */
export const anyCursor: Check = () => null;

export function badCursor(): HttpResponseInit {
  const message = "Send what an earlier page of this list gave as next, or leave it out.";
  return problem("bad-request", "The cursor is none of this list.", {
    errors: [{ path: "cursor", message }],
  });
}
