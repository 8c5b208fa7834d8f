import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { fileNameIn } from "../../shared/defender/content-disposition.ts";
import { instantMs } from "../../shared/defender/instant.ts";
import { machinesLabelled, machinesWithIds, quoted } from "../../shared/defender/odata.ts";
import { throttledAnswer } from "../../shared/defender/throttled-answer.ts";

describe("Retry-After", () => {
  const nowMs = Date.parse("2026-11-20T10:00:00Z");
  const clockAhead = "Fri, 20 Nov 2026 10:00:30 GMT";

  it.each([
    ["0", null, 0],
    ["5", null, 5_000],
    [" 7 ", null, 7_000],
    ["3600", null, 3_600_000],
    ["99999999999", null, 3_600_000],
    ["Fri, 20 Nov 2026 10:01:00 GMT", null, 60_000],
    ["Fri, 20 Nov 2026 10:01:00 GMT", clockAhead, 30_000],
    ["Fri, 20 Nov 2026 10:01:00 GMT", "garbage", 60_000],
    ["Fri, 20 Nov 2026 09:00:00 GMT", null, 0],
    ["Sat, 21 Nov 2026 10:00:00 GMT", null, 3_600_000],
    ["Fri, 99 Nov 2026 10:00:00 GMT", null, null],
    ["-5", null, null],
    ["1.5", null, null],
    ["soon", null, null],
    ["2026-11-20T10:01:00Z", null, null],
    ["", null, null],
    [null, null, null],
  ])("%j with the date %j asks for %j ms", (retryAfter, date, retryAfterMs) => {
    expect(throttledAnswer({ retryAfter, date }, nowMs)).toEqual({
      kind: "throttled",
      retryAfterMs,
    });
  });

  it("never asks for less than nothing or more than an hour", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (retryAfter, date) => {
        const { retryAfterMs: ms } = throttledAnswer({ retryAfter, date }, nowMs);
        expect(ms ?? 0).toBeGreaterThanOrEqual(0);
        expect(ms ?? 0).toBeLessThanOrEqual(3_600_000);
      }),
    );
  });
});

describe("an OData string", () => {
  it("reads back as what it was made of", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const literal = quoted(text);
        const inside = literal.slice(1, -1);
        expect(inside.replaceAll("''", "")).not.toContain("'");
        expect(inside.replaceAll("''", "'")).toBe(text);
      }),
    );
  });

  it("cannot break out of the query of an address", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii", minLength: 1 }), (name) => {
        for (const query of [machinesLabelled([name]), machinesWithIds([name])]) {
          const parameters = new URL(`https://x.example/?${query}`).searchParams;
          expect([...parameters.keys()]).toEqual(["$filter", "$top"]);
          expect(parameters.get("$filter")).toContain(quoted(name));
        }
      }),
    );
  });
});

describe("a time", () => {
  it.each([
    ["2026-11-20T10:00:00Z", Date.UTC(2026, 10, 20, 10)],
    ["2026-11-20T10:00:00.1Z", Date.UTC(2026, 10, 20, 10) + 100],
    ["2026-11-20T10:00:00.1239999Z", Date.UTC(2026, 10, 20, 10) + 123],
    ["2026-11-20T10:00:00", Date.UTC(2026, 10, 20, 10)],
    ["2026-11-20T12:00:00+02:00", Date.UTC(2026, 10, 20, 10)],
    ["0001-01-01T00:00:00Z", null],
    ["2026-13-20T10:00:00Z", null],
    ["yesterday", null],
    ["", null],
    [null, null],
  ])("%j is %j", (text, expected) => {
    expect(instantMs(text)).toBe(expected);
  });
});

describe("the name in Content-Disposition", () => {
  it.each([
    ['attachment; filename="dump.zip.gz"', "dump.zip.gz"],
    ["attachment; filename=dump.gz", "dump.gz"],
    ['attachment; FileName="a%20b%C3%A9.gz"', "a bé.gz"],
    ['attachment; filename="100%.gz"', "100%.gz"],
    ['attachment; filename="a\\"b.gz"', 'a"b.gz'],
    ['attachment; filename="a; filename=b"', "a; filename=b"],
    ["attachment; filename=\"x.gz\"; filename*=UTF-8''%e2%82%ac.gz", "€.gz"],
    ["attachment; filename*=iso-8859-1'en'%A3.gz", "£.gz"],
    ["attachment; filename*=utf-16''x; filename=plain", "plain"],
    ["attachment; filename*=UTF-8''%ff; filename=plain", "plain"],
    ['inline;filename="..\\\\..\\\\evil"', "..\\..\\evil"],
    ['attachment; filename=""', null],
    ["attachment", null],
    ["", null],
    [null, null],
  ])("of %j is %j", (header, expected) => {
    expect(fileNameIn(header)).toBe(expected);
  });

  it("is bounded, and never throws, whatever the header holds", () => {
    const parts = fc.constantFrom(
      "attachment",
      ";",
      " ",
      "filename",
      "*",
      "=",
      '"',
      "\\",
      "%",
      "'",
    );
    const headers = fc.array(fc.oneof(parts, fc.string()), { maxLength: 400 });
    fc.assert(
      fc.property(headers, (pieces) => {
        expect((fileNameIn(pieces.join("")) ?? "").length).toBeLessThanOrEqual(1_024);
      }),
    );
  });
});
