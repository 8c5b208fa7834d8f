import { HttpRequest } from "@azure/functions";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { anyCursor, badQuery, oneOf } from "../../functions/query.ts";

const KNOWN = { state: oneOf(["owed", "dead"]), cursor: anyCursor };

/** The errors in the answer to this query, by parameter; null if it is right. */
function errorsOf(query: string): Record<string, string> | null {
  const request = new HttpRequest({ method: "GET", url: `http://a/?${query}` });
  const answer = badQuery(request, KNOWN);
  if (answer === null) return null;
  expect(answer.status).toBe(400);
  const errors = z.array(z.object({ path: z.string(), message: z.string() }));
  const read = z.object({ errors }).parse(JSON.parse(z.string().parse(answer.body)));
  return Object.fromEntries(read.errors.map(({ path, message }) => [path, message]));
}

describe("the query of a list", () => {
  it("is right with what the route knows, and with the name of the caller", () => {
    expect(errorsOf("")).toBeNull();
    expect(errorsOf("state=dead&cursor=abc&caller=soar")).toBeNull();
  });

  it("is refused with a parameter that the route does not know, which it then names", () => {
    const message = "Remove it: this route knows only state, cursor.";
    expect(errorsOf("states=dead")).toEqual({ states: message });
    expect(errorsOf("constructor=x")).toEqual({ constructor: message });
  });

  it("is refused with a value that is none of the words, and says which there are", () => {
    expect(errorsOf("state=open")).toEqual({ state: "Send one of: owed, dead." });
    expect(errorsOf("state=")).toEqual({ state: "Send one of: owed, dead." });
  });

  it("is refused with a parameter that is there twice, because one would not count", () => {
    expect(errorsOf("state=owed&state=dead")).toEqual({ state: "Send it once." });
  });
});
