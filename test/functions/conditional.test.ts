import { HttpRequest } from "@azure/functions";
import { describe, expect, it } from "vitest";
import { json, problem } from "../../functions/answer.ts";
import { conditional } from "../../functions/conditional.ts";

const ANSWER = json({ queue: [] }, 200, { "x-lrq": "kept" });

function get(condition: string | null = null, method = "GET") {
  const headers = condition === null ? {} : { "if-none-match": condition };
  return new HttpRequest({ method, url: "http://a/", headers });
}

function headersOf({ headers }: ReturnType<typeof conditional>): Headers {
  if (!(headers instanceof Headers)) throw new Error("there are no headers of its own");
  return headers;
}

const ETAG = headersOf(conditional(get(), ANSWER)).get("etag") ?? "";

describe("a JSON answer to a GET", () => {
  it("has a strong ETag of its body, and keeps its other headers", () => {
    const answer = conditional(get(), ANSWER);
    expect([answer.status, answer.body]).toEqual([200, '{"queue":[]}']);
    expect(ETAG).toMatch(/^"[\w-]{43}"$/);
    expect(headersOf(answer).get("x-lrq")).toBe("kept");
    expect(headersOf(conditional(get(), json({ queue: [1] }))).get("etag")).not.toBe(ETAG);
  });

  it.each([
    ["its ETag", ETAG],
    ["it among others", `"other", ${ETAG}`],
    ["it as a proxy weakens it", `W/${ETAG}`],
    ["anything", "*"],
  ])("is a 304 without a body and type to a caller that has %s", (_, condition) => {
    const answer = conditional(get(condition), ANSWER);
    expect([answer.status, answer.body]).toEqual([304, undefined]);
    const headers = headersOf(answer);
    expect([headers.get("etag"), headers.get("content-type")]).toEqual([ETAG, null]);
    expect(headers.get("cache-control")).toBe("no-store");
  });

  it.each([
    ["another ETag", '"other"'],
    ["a part of it", ETAG.slice(0, 20)],
  ])("is whole to a caller that has %s", (_, condition) => {
    expect(conditional(get(condition), ANSWER)).toMatchObject({ status: 200 });
  });
});

describe("any other answer", () => {
  it.each([
    ["a refusal", "GET", problem("not-found", "There is no run with this id.")],
    ["to a POST", "POST", ANSWER],
    ["bytes", "GET", { status: 200, body: new Uint8Array(3) }],
  ])("stays as it is: %s", (_, method, answer) => {
    expect(conditional(get("*", method), answer)).toBe(answer);
  });
});
