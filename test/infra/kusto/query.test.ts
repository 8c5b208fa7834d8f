import { describe, expect, it } from "vitest";
import { compiled } from "./query.ts";

const NOW_MS = Date.parse("2026-11-28T12:00:00Z");
const minutesAgo = (minutes: number) => new Date(NOW_MS - minutes * 60_000);

const ROWS = [
  { At: minutesAgo(50), Kind: "a", Size: 1, Said: '{"who":"me","none":null,"ok":true}' },
  { At: minutesAgo(20), Kind: "b", Size: 2, Said: '{"who":"you","many":7.9}' },
  { At: minutesAgo(5), Kind: "a", Size: null, Said: '{"who":""}' },
];

/** What a query gives of three rows. */
const asked = (query: string) => compiled(query)({ tables: { T: ROWS }, nowMs: NOW_MS });
/** The kinds and sizes that `where` lets through. */
const where = (condition: string) =>
  asked(`T | where ${condition} | project Size`).map((row) => row["Size"]);
/** What an expression comes to, for the first row. */
const first = (expression: string) => asked(`T | project X = ${expression}`)[0]?.["X"];

describe("where", () => {
  it.each([
    ['Kind == "a"', [1, null]],
    ['Kind != "a"', [2]],
    ['Kind in ("b", "c")', [2]],
    ['Kind startswith "A"', [1, null]],
    ["At > ago(1h)", [1, 2, null]],
    ["At > ago(30m)", [2, null]],
    ["At < ago(300s) and At >= ago(1d)", [1, 2]],
    ['Size > 1 or Kind == "a" and At < ago(30m)', [1, 2]],
    ['(Size > 1 or Kind == "a") and At < ago(30m)', [1]],
    ["Size < 2", [1]],
    ["not(Size < 2)", [2]],
    ["isnull(Size)", [null]],
  ])(
    "takes the rows of which %s is true, and not those of which nobody knows",
    (condition, sizes) => {
      expect(where(condition)).toEqual(sizes);
    },
  );
});

describe("an expression", () => {
  it.each([
    ['tostring(parse_json(Said)["who"])', "me"],
    ['tostring(parse_json(Said)["none"])', ""],
    ['tostring(parse_json(Said)["missing"])', ""],
    ['tobool(parse_json(Said)["ok"])', true],
    ['tobool(parse_json(Said)["who"])', null],
    ['tolong(parse_json(Said)["who"])', null],
    ["tolong(Size)", 1],
    ['coalesce("", "b", "c")', "b"],
    ['coalesce("", "")', ""],
    ['isnotempty("")', false],
    ['iff(Size == 1, "one", "more")', "one"],
    ['extract(@"^(\\w)\\w+", 1, "word.rest")', "w"],
    ['extract("x(y)", 1, "word")', ""],
    ["'single'", "single"],
  ])("%s is as in Kusto", (expression, value) => {
    const inside = expression.replace("parse_json(Said)", "Fields");
    const [row] = asked(`T | extend Fields = parse_json(Said) | project X = ${inside}`);
    expect(row?.["X"]).toEqual(value);
  });

  it("of a number with a fraction is cut", () => {
    expect(
      asked('T | extend F = parse_json(Said) | project N = tolong(F["many"])').map(({ N }) => N),
    ).toEqual([null, 7, null]);
  });

  it("of two types is compared by nobody", () => {
    expect(() => first('Size == "1"')).toThrow("nothing compares");
  });
});

describe("summarize", () => {
  it("gives a row for each group", () => {
    const query =
      "T | summarize Times = count(), Last = max(At), Largest = max(Size) by Name = Kind";
    expect(asked(query)).toEqual([
      { Name: "a", Times: 2, Last: minutesAgo(5), Largest: 1 },
      { Name: "b", Times: 1, Last: minutesAgo(20), Largest: 2 },
    ]);
  });

  it("gives one row of nothing without groups, and none with them", () => {
    const nothing = 'T | where Kind == "z" | summarize Times = count(), First = min(At)';
    expect(asked(nothing)).toEqual([{ Times: 0, First: null }]);
    expect(asked(`${nothing} by Kind`)).toEqual([]);
  });

  it("counts what holds, and keeps so many of a set", () => {
    const query =
      'T | summarize A = countif(Kind == "a"), Kinds = make_set(Kind, 9), One = make_set(Kind, 1)';
    expect(asked(query)).toEqual([{ A: 2, Kinds: ["a", "b"], One: ["a"] }]);
  });
});

describe("a query", () => {
  it("may begin with functions, and have comments", () => {
    const query = "// Which?\nlet f = () { T | where Size > 1 };\nf() | project Kind // this";
    expect(asked(query)).toEqual([{ Kind: "b" }]);
  });

  it.each([
    ["an operator", "T | top 3 by At"],
    ["a function", "T | where bin(At, 5m) == 1"],
    ["an aggregate", "T | summarize X = dcount(Kind)"],
    ["a table", "U"],
    ["a column", "T | project Nothing"],
    ["a sign", "T | where Size * 2 == 4"],
    ["more than a query", "T T"],
    ["half a query", "T | where Kind =="],
  ])("with %s that it does not know is refused", (_, query) => {
    expect(() => asked(query)).toThrow(/nothing|there is no|no piece|too early/);
  });
});
