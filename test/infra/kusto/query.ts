import {
  columnOf,
  readArguments,
  readExpression,
  type Expression,
  type Row,
} from "./expression.ts";
import { readerOf, tokensOf, type Reader } from "./tokens.ts";
import { order, textOf, type Value } from "./value.ts";

/** What a query looks at, and when. */
interface Logs {
  readonly tables: Readonly<Record<string, readonly Row[]>>;
  readonly nowMs: number;
}

type Step = (rows: readonly Row[], nowMs: number) => readonly Row[];
type Source = (logs: Logs) => readonly Row[];
/** The functions without parameters that a query begins with, by name. */
type Known = ReadonlyMap<string, Source>;

/**
 * The rows that a query gives. It knows the operators and functions that the alarms use, and throws
 * for all others: what it does not know, it does not answer.
 */
export function compiled(query: string): Source {
  const reader = readerOf(tokensOf(query));
  const known = new Map<string, Source>();
  while (reader.takes("let")) {
    const name = reader.name();
    for (const sign of ["=", "(", ")", "{"]) reader.must(sign);
    known.set(name, readPipe(reader, known));
    for (const sign of ["}", ";"]) reader.must(sign);
  }
  const source = readPipe(reader, known);
  const left = reader.peek();
  if (left !== null) throw new Error(`nothing expects ${left.text}`);
  return source;
}

function readPipe(reader: Reader, known: Known): Source {
  const source = readSource(reader, known);
  const steps: Step[] = [];
  while (reader.takes("|")) steps.push(readStep(reader));
  return (logs) => steps.reduce((rows, step) => step(rows, logs.nowMs), source(logs));
}

function readSource(reader: Reader, known: Known): Source {
  const name = reader.name();
  const body = known.get(name);
  if (body !== undefined) {
    for (const sign of ["(", ")"]) reader.must(sign);
    return body;
  }
  return ({ tables }) => {
    const rows = tables[name];
    if (rows === undefined) throw new Error(`there is no table ${name}`);
    return rows;
  };
}

function readStep(reader: Reader): Step {
  const operator = reader.name();
  switch (operator) {
    case "where": {
      const holds = readExpression(reader);
      return (rows, nowMs) => rows.filter((row) => holds(row, nowMs) === true);
    }
    case "extend": {
      const columns = readColumns(reader);
      return (rows, nowMs) => rows.map((row) => ({ ...row, ...valuesOf(columns, row, nowMs) }));
    }
    case "project": {
      const columns = readColumns(reader);
      return (rows, nowMs) => rows.map((row) => valuesOf(columns, row, nowMs));
    }
    case "summarize":
      return readSummary(reader);
    default:
      throw new Error(`nothing here knows the operator ${operator}`);
  }
}

type Columns = readonly (readonly [name: string, value: Expression])[];

/** `Name = expression, Column, ...` */
function readColumns(reader: Reader): Columns {
  const columns: [string, Expression][] = [];
  do {
    const name = reader.name();
    const isNamed = reader.takes("=");
    columns.push([name, isNamed ? readExpression(reader) : columnOf(name)]);
  } while (reader.takes(","));
  return columns;
}

function valuesOf(columns: Columns, row: Row, nowMs: number): Row {
  return Object.fromEntries(columns.map(([name, value]) => [name, value(row, nowMs)]));
}

/** An aggregate of the values that its argument has in the rows of a group. */
type Aggregate = (values: readonly Value[], most: Value) => Value;

const AGGREGATES: Readonly<Record<string, Aggregate>> = {
  count: (values) => values.length,
  countif: (values) => values.filter((value) => value === true).length,
  max: (values) => furthest(values, 1),
  min: (values) => furthest(values, -1),
  make_set: (values, most) => {
    const distinct = new Map(values.map((value) => [textOf(value), value]));
    return [...distinct.values()].slice(0, Number(most));
  },
};

/** The last or the first; null if there is none. */
function furthest(values: readonly Value[], direction: 1 | -1): Value {
  return values.reduce<Value>((best, value) => {
    const by = order(value, best);
    return best === null || (by !== null && by * direction > 0) ? value : best;
  }, null);
}

type Summary = (rows: readonly Row[], nowMs: number) => Value;

/** Without `by` there is one row, even of nothing; with it there is one for each group. */
function readSummary(reader: Reader): Step {
  const summaries: [string, Summary][] = [];
  do {
    const name = reader.name();
    reader.must("=");
    summaries.push([name, readAggregate(reader)]);
  } while (reader.takes(","));
  const by = reader.takes("by") ? readColumns(reader) : [];
  return (rows, nowMs) => {
    const groups = new Map<string, { key: Row; rows: Row[] }>();
    if (by.length === 0) groups.set("", { key: {}, rows: [...rows] });
    for (const row of by.length === 0 ? [] : rows) {
      const key = valuesOf(by, row, nowMs);
      const group = groups.get(JSON.stringify(key)) ?? { key, rows: [] };
      group.rows.push(row);
      groups.set(JSON.stringify(key), group);
    }
    return [...groups.values()].map(({ key, rows: grouped }) => {
      const values = summaries.map(([name, summary]) => [name, summary(grouped, nowMs)] as const);
      return Object.fromEntries([...Object.entries(key), ...values]);
    });
  };
}

function readAggregate(reader: Reader): Summary {
  const name = reader.name();
  const apply = AGGREGATES[name];
  if (apply === undefined) throw new Error(`nothing here knows the aggregate ${name}`);
  const [of, most] = readArguments(reader);
  return (rows, nowMs) =>
    apply(
      rows.map((row) => (of === undefined ? true : of(row, nowMs))),
      most?.({}, nowMs) ?? null,
    );
}
