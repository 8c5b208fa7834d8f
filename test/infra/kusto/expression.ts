import type { Reader } from "./tokens.ts";
import { isSpan, order, textOf, type Value } from "./value.ts";

export type Row = Readonly<Record<string, Value>>;

/** An expression, for a row at a time. */
export type Expression = (row: Row, nowMs: number) => Value;

type Part = (reader: Reader) => Expression;

export const readExpression: Part = (reader) => readOr(reader);

const readOr: Part = joined("or", (values) => values.includes(true));
const readAnd: Part = joined("and", (values) => values.every((value) => value === true));

function joined(word: "or" | "and", decide: (values: readonly Value[]) => boolean): Part {
  return (reader) => {
    const inner = word === "or" ? readAnd : readComparison;
    const parts = [inner(reader)];
    while (reader.takes(word)) parts.push(inner(reader));
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return only;
    return (row, nowMs) => decide(parts.map((part) => part(row, nowMs)));
  };
}

/** What a comparison says of an order; with null it is null, and `where` leaves the row out. */
const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  "==": (by) => by === 0,
  "!=": (by) => by !== 0,
  "<": (by) => by < 0,
  "<=": (by) => by <= 0,
  ">": (by) => by > 0,
  ">=": (by) => by >= 0,
};

function readComparison(reader: Reader): Expression {
  const left = readOperand(reader);
  if (reader.takes("in")) {
    const options = readArguments(reader);
    return (row, nowMs) => {
      const value = left(row, nowMs);
      return options.some((option) => order(value, option(row, nowMs)) === 0);
    };
  }
  if (reader.takes("startswith")) {
    const right = readOperand(reader);
    return (row, nowMs) => lower(left(row, nowMs)).startsWith(lower(right(row, nowMs)));
  }
  const compare = COMPARISONS[reader.peek()?.text ?? ""];
  if (compare === undefined) return left;
  reader.take();
  const right = readOperand(reader);
  return (row, nowMs) => {
    const by = order(left(row, nowMs), right(row, nowMs));
    return by === null ? null : compare(by);
  };
}

function readOperand(reader: Reader): Expression {
  const token = reader.take();
  switch (token.kind) {
    case "text":
      return () => token.text;
    case "number":
      return () => token.value;
    case "span":
      return () => ({ spanMs: token.value });
    case "word":
      return reader.peek()?.text === "("
        ? readCall(token.text, reader)
        : readColumn(token.text, reader);
    case "sign": {
      if (token.text !== "(") throw new Error(`${token.text} begins no expression`);
      const inner = readExpression(reader);
      reader.must(")");
      return inner;
    }
  }
}

/** A column, or a member of what is in it: `Fields["by"]`. */
function readColumn(name: string, reader: Reader): Expression {
  const column = columnOf(name);
  if (!reader.takes("[")) return column;
  const { text } = reader.take();
  reader.must("]");
  return (row, nowMs) => {
    const members = new Map(Object.entries(column(row, nowMs) ?? {}));
    return members.get(text) ?? null;
  };
}

/** The value of a column; throws if the row has none of that name. */
export function columnOf(name: string): Expression {
  return (row) => {
    const value = row[name];
    if (value === undefined) throw new Error(`there is no column ${name}`);
    return value;
  };
}

/** Arguments in brackets, of a function or of `in`. */
export function readArguments(reader: Reader): Expression[] {
  reader.must("(");
  const found: Expression[] = [];
  while (!reader.takes(")")) {
    if (found.length > 0) reader.must(",");
    found.push(readExpression(reader));
  }
  return found;
}

type Scalar = (given: readonly Value[], nowMs: number) => Value;

/** The functions that the queries use; all others are refused. */
const FUNCTIONS: Readonly<Record<string, Scalar>> = {
  ago: ([span], nowMs) => new Date(nowMs - spanMsOf(span)),
  coalesce: (given) =>
    given.find((value) => value !== null && value !== "") ?? given.at(-1) ?? null,
  extract: ([pattern = null, group = null, text = null]) =>
    new RegExp(textOf(pattern)).exec(textOf(text))?.[Number(group)] ?? "",
  iff: ([condition, yes = null, no = null]) => (condition === true ? yes : no),
  isnotempty: ([value = null]) => textOf(value) !== "",
  isnull: ([value = null]) => value === null,
  not: ([value = null]) => (value === null ? null : value !== true),
  parse_json: ([text = null]) => JSON.parse(textOf(text)),
  tobool: ([value = null]) => (typeof value === "boolean" ? value : null),
  tolong: ([value = null]) => (typeof value === "number" ? Math.trunc(value) : null),
  tostring: ([value = null]) => textOf(value),
};

function lower(value: Value): string {
  return textOf(value).toLowerCase();
}

function spanMsOf(value: Value | undefined): number {
  if (value !== undefined && isSpan(value)) return value.spanMs;
  throw new Error("ago wants a time span");
}

function readCall(name: string, reader: Reader): Expression {
  const apply = FUNCTIONS[name];
  if (apply === undefined) throw new Error(`nothing here knows the function ${name}`);
  const given = readArguments(reader);
  return (row, nowMs) =>
    apply(
      given.map((each) => each(row, nowMs)),
      nowMs,
    );
}
