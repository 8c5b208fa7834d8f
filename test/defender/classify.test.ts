import { describe, expect, it } from "vitest";

import { classifyReply, classifySubmission } from "../../shared/defender/classify.ts";
import { FINAL_CODES } from "../../shared/defender/final-codes.ts";
import type { HttpAnswer } from "../../shared/defender/request.ts";
import { lockedOut } from "../../shared/ledger/sequence/submission.ts";

const NOW_MS = Date.parse("2026-11-20T10:00:00Z");

const read = (json: unknown) => (json === 7 ? "seven" : null);

function answer(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  const text = typeof body === "string" || body === null ? body : JSON.stringify(body);
  return { status, text, headers: new Headers(headers) };
}

function error(code: string, more: object = {}): unknown {
  return { error: { code, message: "words", target: "43f4cb08", ...more } };
}

const created = { id: "a-1", requestorComment: "[tag] why", machineId: null, commands: [] };
const html = "<html><body>Bad gateway</body></html>";

describe("the answer to a POST of a sequence", () => {
  it.each([
    ["201 with an id", 201, created, { kind: "accepted", actionId: "a-1", comment: "[tag] why" }],
    ["200 with an id", 200, created, { kind: "accepted", actionId: "a-1", comment: "[tag] why" }],
    [
      "no comment echoed",
      201,
      { id: "a-1", type: "LiveResponse" },
      { kind: "accepted", actionId: "a-1", comment: null },
    ],
    [
      "a null comment",
      201,
      { id: "a-1", machineId: "a".repeat(40), requestorComment: null },
      { kind: "accepted" },
    ],
    [
      "commands alone",
      201,
      { id: "a-1", commands: [{ index: 0, command: { type: "GetFile" } }] },
      { kind: "accepted" },
    ],
    ["201 with no comment at all", 201, { id: "x", requestorComment: null }, { kind: "unknown" }],
    ["201 with null for commands", 201, { id: "login", commands: null }, { kind: "unknown" }],
    ["201 with other commands", 201, { id: "x", commands: ["login"] }, { kind: "unknown" }],
    ["201 with null for a type", 201, { id: "x", type: null }, { kind: "unknown" }],
    ["201 with another id", 201, { id: "x", machineId: "m-1" }, { kind: "unknown" }],
    ["201 of another shape", 201, { id: "a-1", message: "Welcome" }, { kind: "unknown" }],
    ["201 of another action", 201, { ...created, type: "Isolate" }, { kind: "unknown" }],
    ["201 without an id", 201, { status: "Pending" }, { kind: "unknown" }],
    ["201 with an empty id", 201, { id: "" }, { kind: "unknown" }],
    ["201 with an id that is a path", 201, { id: "../x" }, { kind: "unknown" }],
    ["201 with an id that is a number", 201, { id: 7 }, { kind: "unknown" }],
    ["201 with HTML", 201, html, { kind: "unknown" }],
    ["201 with an empty body", 201, "", { kind: "unknown" }],
    ["201 whose body broke off", 201, null, { kind: "unknown" }],
    ["204", 204, "", { kind: "unknown" }],
    ["a redirect", 302, "", { kind: "unknown" }],
    ["a timeout told by a gateway", 408, html, { kind: "unknown" }],
    ["a request at the wrong door", 421, html, { kind: "unknown" }],
    ["500", 500, error("InternalServerError"), { kind: "unknown" }],
    ["502 with HTML", 502, html, { kind: "unknown" }],
    ["503", 503, "", { kind: "unknown" }],
    ["a busy machine", 400, error("ActiveRequestAlreadyExists"), { kind: "machineBusy" }],
    ["400 whose body was lost", 400, null, { kind: "unknown" }],
    ["a bad body", 400, error("InvalidRequestBody"), refused(400, "InvalidRequestBody")],
    ["an empty code", 400, error("", { details: [], target: undefined }), { kind: "unknown" }],
    ["a code that is no string", 400, { error: { code: 7 } }, { kind: "unknown" }],
    ["400 with HTML", 400, html, { kind: "unknown" }],
    ["400 with an empty body", 400, "", { kind: "unknown" }],
    ["400 of another shape", 400, { code: "BadRequest" }, { kind: "unknown" }],
    ["a code nobody knows", 400, error("Teapot"), { kind: "unknown" }],
    ["a code that every object has", 400, error("constructor"), { kind: "unknown" }],
    ["a known code with another status", 409, error("BadRequest"), { kind: "unknown" }],
    ["403 with a lost body", 403, null, { kind: "unknown" }],
    ["403 with a page", 403, html, { kind: "unknown" }],
    ["404 with a page", 404, html, { kind: "unknown" }],
    ["407", 407, html, { kind: "unknown" }],
    ["403", 403, error("Forbidden"), refused(403, "Forbidden")],
    ["an unknown machine", 404, error("ResourceNotFound"), refused(404, "ResourceNotFound")],
    ["401", 401, error("Unauthorized"), { kind: "unauthorized" }],
    ["401 with an empty body", 401, "", { kind: "unauthorized" }],
    ["429", 429, error("TooManyRequests"), { kind: "throttled", retryAfterMs: null }],
    ["429 with a lost body", 429, null, { kind: "throttled", retryAfterMs: null }],
  ])("is read rightly for %s", (_, status, body, expected) => {
    expect(classifySubmission(answer(status, body), NOW_MS)).toMatchObject(expected);
  });

  it("does not repeat the words of a page that somebody else wrote", () => {
    const page = classifySubmission(answer(403, "<h1>Access denied by Contoso</h1>"), NOW_MS);
    expect(page).toEqual({
      kind: "unknown",
      detail:
        "HTTP 403 with a body that is not Defender's error form; perhaps a proxy or gateway sent it",
    });
  });

  it("takes the wait of a 429 from its header", () => {
    const throttled = answer(429, "", { "Retry-After": "17" });
    expect(classifySubmission(throttled, NOW_MS)).toEqual({
      kind: "throttled",
      retryAfterMs: 17_000,
    });
  });

  it.each([
    ["DisallowedOperation", 403, /remediation level/],
    ["DisabledFeature", 403, /advanced features/],
    ["OsPlatformNotSupported", 400, /operating system/],
    ["Forbidden", 403, /Machine\.LiveResponse.*audience/],
  ])("names what to do about %s, and the correlation id", (code, status, step) => {
    const refusal = classifySubmission(answer(status, error(code)), NOW_MS);
    expect(refusal).toMatchObject({ kind: "refused", code, httpStatus: status });
    expect(refusal).toMatchObject({ detail: expect.stringMatching(step) });
    expect(refusal).toMatchObject({ detail: expect.stringContaining("43f4cb08") });
  });

  it("passes on no more than a line of what the service says", () => {
    const long = error("BadRequest", { message: `first\r\nsecond ${"x".repeat(5_000)}` });
    const refusal = classifySubmission(answer(400, long), NOW_MS);
    const detail = refusal.kind === "refused" ? refusal.detail : "";
    expect(detail).toContain("first second");
    expect(detail.length).toBeLessThan(700);
  });
});

describe("the answer to any other call", () => {
  it.each([
    ["200 that can be read", 200, "7", { kind: "answered", value: "seven" }],
    ["200 that cannot", 200, "8", { kind: "unavailable" }],
    ["200 with HTML", 200, html, { kind: "unavailable" }],
    ["200 too large or cut", 200, null, { kind: "unavailable" }],
    ["a redirect", 307, "", { kind: "unavailable" }],
    ["404", 404, error("ResourceNotFound"), { kind: "absent" }],
    ["404 with HTML", 404, html, { kind: "unavailable" }],
    ["404 with an empty body", 404, "", { kind: "unavailable" }],
    ["404 of a gateway", 404, error("RouteNotFound"), { kind: "unavailable" }],
    ["400 with an empty code", 400, error(""), { kind: "unavailable", mayBeOfRequest: true }],
    ["400 with a gateway's code", 400, error("GatewayTimeout"), { kind: "unavailable" }],
    ["400 with a code nobody knows", 400, error("Teapot"), { kind: "unavailable" }],
    ["400 with a code that every object has", 400, error("constructor"), { kind: "unavailable" }],
    ["400 with HTML", 400, html, { kind: "unavailable" }],
    ["407", 407, html, { kind: "unavailable" }],
    ["409", 409, error("Conflict"), { kind: "unavailable" }],
    ["401 with HTML", 401, html, refused(401, "")],
    ["403 with HTML", 403, html, refused(403, "")],
    ["400", 400, error("BadRequest"), refused(400, "BadRequest")],
    ["401", 401, error("Unauthorized"), refused(401, "Unauthorized")],
    ["403", 403, error("Forbidden"), refused(403, "Forbidden")],
    ["a gateway's timeout", 408, "", { kind: "unavailable" }],
    ["the wrong door", 421, "", { kind: "unavailable" }],
    ["429", 429, "", { kind: "throttled", retryAfterMs: null }],
    ["500", 500, error("InternalServerError"), { kind: "unavailable" }],
    ["503 with HTML", 503, html, { kind: "unavailable" }],
  ])("is read rightly for %s", (_, status, body, expected) => {
    expect(classifyReply(answer(status, body), NOW_MS, read)).toMatchObject(expected);
  });
});

function refused(httpStatus: number, code: string) {
  return { kind: "refused", httpStatus, code };
}

describe("a final code", () => {
  it.each(Object.entries(FINAL_CODES))("%s keeps all waiting, or ends one", (code, known) => {
    const { httpStatus, concerns } = known;
    const said = classifySubmission(answer(httpStatus, error(code)), NOW_MS);
    expect(said.kind).toBe(httpStatus === 401 ? "unauthorized" : "refused");
    expect(lockedOut(said) === null ? "sequence" : "app").toBe(concerns);
  });
});
