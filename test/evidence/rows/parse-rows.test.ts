import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRows } from "../../../shared/evidence/rows/parse-rows.ts";
import type { RowsForm } from "../../../shared/plan/profile/rows-form.ts";
import { aForm, bytesOf } from "./a-form.ts";

const FORMATS = ["json", "ndjson", "csv"] as const;

function parsed(text: string, form: RowsForm, isCut = false) {
  return parseRows(bytesOf(text), isCut, form);
}

/** Rows of texts as a machine would write them. */
function written(format: RowsForm["format"], rows: readonly (readonly string[])[]): string {
  const objects = rows.map(([a = "", b = ""]) => JSON.stringify({ b, a }));
  if (format === "json") return `[${objects.join(",\n")}]`;
  if (format === "ndjson") return objects.map((line) => `${line}\n`).join("");
  return `b,a\r\n${rows.map(([a = "", b = ""]) => `${quoted(b)},${quoted(a)}\r\n`).join("")}`;
}

const texts = fc.array(fc.tuple(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" })), {
  maxLength: 20,
});

describe("rows in a text", () => {
  it.each(FORMATS)("come out of %s as they were put in", (format) => {
    fc.assert(
      fc.property(texts, (rows) => {
        const came = parsed(written(format, rows), aForm(format, ["a!", "b"]));
        expect(came).toEqual({ rows, wrong: [], wrongCount: 0, cut: null, trouble: null });
      }),
    );
  });

  it.each(FORMATS)("are a beginning of all rows if %s was cut anywhere", (format) => {
    fc.assert(
      fc.property(texts, fc.nat(), (rows, at) => {
        const whole = bytesOf(written(format, rows));
        const begun = whole.subarray(0, at % (whole.length + 1));
        const came = parseRows(begun, true, aForm(format, ["a", "b"]));
        expect(rows.slice(0, came.rows.length)).toEqual(came.rows);
        expect(came).toMatchObject({ wrongCount: 0, cut: "bytes" });
      }),
    );
  });

  it.each(FORMATS)("or why there are none come out of anything, as %s", (format) => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.stringMatching(/^[[\]{}",:a\\\r\n]{0,40}$/).map(bytesOf),
    );
    fc.assert(
      fc.property(anything, fc.boolean(), (bytes, isCut) => {
        const { rows, wrong, wrongCount } = parseRows(bytes, isCut, aForm(format, ["a"]));
        expect(wrong.length).toBe(Math.min(20, wrongCount));
        expect(rows.every((row) => row.length === 1)).toBe(true);
      }),
    );
  });

  it("stop at the bound of rows, and say so", () => {
    const text = written("ndjson", [["1"], ["2"], ["3"]]);
    expect(parsed(text, aForm("ndjson", ["a"], { rows: 2 }))).toMatchObject({
      rows: [["1"], ["2"]],
      cut: "rows",
    });
    expect(parsed(text, aForm("ndjson", ["a"], { rows: 3 })).cut).toBeNull();
  });

  it("count towards the bound when they are wrong", () => {
    const came = parsed("1\n{}\n{}\n", aForm("ndjson", ["a"], { rows: 2 }));
    expect(came).toMatchObject({ rows: [[null]], wrongCount: 1, cut: "rows" });
  });

  it("spoil no other row when they are wrong, and say which one it was and why", () => {
    const text = '{"a":"1"}\n{"a":\nnull\n{"a":{}}\n{"b":1}\n{"a":"2"}\n';
    expect(parsed(text, aForm("ndjson", ["a!"]))).toEqual({
      rows: [["1"], ["2"]],
      wrong: [
        { row: 2, why: "is no JSON" },
        { row: 3, why: "is no object" },
        { row: 4, why: "a is no text: {}" },
        { row: 5, why: "a is a key, and has no value" },
      ],
      wrongCount: 4,
      cut: null,
      trouble: null,
    });
  });

  it("are all counted when they are wrong, and twenty of them are shown", () => {
    const came = parsed("[]\n".repeat(30), aForm("ndjson", ["a"]));
    expect([came.wrong.length, came.wrongCount]).toEqual([20, 30]);
  });

  it("are wrong when no line could hold them", () => {
    const text = JSON.stringify({ a: "x".repeat(65_537) });
    expect(parsed(text, aForm("ndjson", ["a"])).wrong).toEqual([
      { row: 1, why: "has 65537 characters, more than 65536" },
    ]);
  });

  it.each([
    ["UTF-8 with a mark", Buffer.from("\uFEFFa\r\nÄ\r\n")],
    ["UTF-16 LE", Buffer.from("\uFEFFa\r\nÄ\r\n", "utf16le")],
    ["UTF-16 BE", Buffer.from("\uFEFFa\r\nÄ\r\n", "utf16le").swap16()],
    ["UTF-8 and padding", Buffer.from("a\nÄ\n\0\0\0")],
  ])("are read in %s", (_name, bytes) => {
    expect(parseRows(bytes, false, aForm("csv", ["a!"]))).toMatchObject({
      rows: [["Ä"]],
      wrongCount: 0,
      trouble: null,
    });
  });
});

describe("an NDJSON", () => {
  it("may end its lines with CR", () => {
    const came = parsed('{"a":"1"}\r\r{"a":"2"}\r', aForm("ndjson", ["a"]));
    expect(came).toMatchObject({ rows: [["1"], ["2"]], wrongCount: 0 });
  });
});

describe("a JSON", () => {
  it("may be one object", () => {
    expect(parsed(' {"a":"1"} ', aForm("json", ["a"])).rows).toEqual([["1"]]);
  });

  it.each([
    ["nothing", "", "no text"],
    ["a number", "5", "no JSON array and no object"],
    ["an array without an end", '[{"a":1},', "a JSON array that never ends"],
    ["a string without an end", '[{"a":1},"', "a JSON array that never ends"],
    ["two arrays", '[{"a":1}][]', "more behind the JSON array"],
    ["an empty array and more", "[] x", "more behind the JSON array"],
  ])("of %s says why it has no more rows", (_name, text, trouble) => {
    expect(parsed(text, aForm("json", ["a"])).trouble).toBe(trouble);
  });

  it("keeps the rows around an element that is no JSON", () => {
    const came = parsed('[{"a":"1"},{"a":"]"}{},{"a":"2\\""},]', aForm("json", ["a"]));
    expect(came.rows).toEqual([["1"], ['2"']]);
    expect(came.wrong.map(({ row }) => row)).toEqual([2, 4]);
  });
});

describe("a CSV", () => {
  it.each([
    ["", "no line of column names"],
    ["x,y\n1,2\n", "no column with the name a, which is a key"],
    ["a,a\n1,2\n", "two columns with the name a"],
    ['"a', "the line of column names has a quote that never ends"],
  ])("%j says why it has no rows", (text, trouble) => {
    expect(parsed(text, aForm("csv", ["a!", "b"]))).toMatchObject({ rows: [], trouble });
  });

  it("without any of the columns says so", () => {
    expect(parsed("x\n1\n", aForm("csv", ["a"])).trouble).toContain("none of the columns");
  });

  it("may have other columns, another order, no last line end, and none of its columns", () => {
    expect(parsed("x, a \n,1\n2,3", aForm("csv", ["a!", "b"])).rows).toEqual([
      ["1", null],
      ["3", null],
    ]);
  });

  it.each([
    ["CR", "a,b\r1,2\r\r3,4\r"],
    ["CR, the last line without", "a,b\r1,2\r3,4"],
    ["CR, LF and CRLF", "a,b\r\n1,2\r3,4\n"],
  ])("may end its lines with %s", (_name, text) => {
    const rows = [
      ["1", "2"],
      ["3", "4"],
    ];
    expect(parsed(text, aForm("csv", ["a", "b"]))).toMatchObject({ rows, wrongCount: 0 });
  });

  it.each([
    ['a,b\n1,2\n"3,4\n5,6\r\n7,8\n', "quote that never ends: it takes the 2 lines behind it, too"],
    ['a,b\n1,2\n"3,4\n5,6', "quote that never ends: it takes the line behind it, too"],
    ['a,b\n1,2\n"3,4\n', "has a quote that never ends"],
  ])("says of %j how many lines the quote takes that never ends", (text, why) => {
    const came = parsed(text, aForm("csv", ["a", "b"]));
    expect(came.rows).toEqual([["1", "2"]]);
    expect(came.wrong).toEqual([{ row: 2, why: expect.stringMatching(new RegExp(`${why}$`)) }]);
  });

  it("tells cells that do not fit, and goes on", () => {
    const text = 'a,b\n1\n1,2,3\n"1"2,3\n5" disk,x\n\n"7\n8",""\n';
    expect(parsed(text, aForm("csv", ["a", "b"]))).toMatchObject({
      rows: [
        ['5" disk', "x"],
        ["7\n8", ""],
      ],
      wrong: [
        { row: 1, why: "has 1 cells, and not 2" },
        { row: 2, why: "has 3 cells, and not 2" },
        { row: 3, why: "has text behind a quoted cell" },
      ],
    });
  });
});

function quoted(cell: string): string {
  return `"${cell.replaceAll('"', '""')}"`;
}
