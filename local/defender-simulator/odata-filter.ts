/**
 * A value as a filter compares it: text, or a number (instants are epoch milliseconds), or
 * nothing.
 */
export type FilterValue = string | number | boolean | null;

/** Gives a field's value; undefined means that no filter may name the field. */
type Fields = (name: string) => FilterValue | readonly string[] | undefined;

type FilterTest = (fields: Fields) => boolean;

/** A filter, or why it is not one. `used` names the operators beyond plain comparison and `and`. */
export type ParsedFilter =
  | {
      readonly kind: "filter";
      readonly test: FilterTest;
      readonly fields: ReadonlySet<string>;
      readonly used: ReadonlySet<string>;
    }
  | { readonly kind: "refused"; readonly message: string };

/**
 * The subset of OData 4.01 that Defender's pages and known clients use: eq, ne, ge, gt, le, lt,
 * and, or, not, in, startswith, endswith, contains, parentheses. Text is compared exactly, instants
 * as instants.
 */
export function parseFilter(text: string): ParsedFilter {
  const tokens = tokenize(text);
  if (tokens === null) return { kind: "refused", message: `Syntax error in '${text}'.` };
  const cursor: Cursor = { tokens, at: 0, fields: new Set(), used: new Set() };
  const test = parseOr(cursor);
  if (test === null || cursor.at !== tokens.length) {
    const where = tokens[cursor.at] ?? "the end";
    return { kind: "refused", message: `Syntax error at ${where} in '${text}'.` };
  }
  return { kind: "filter", test, fields: cursor.fields, used: cursor.used };
}

interface Cursor {
  readonly tokens: readonly string[];
  at: number;
  readonly fields: Set<string>;
  readonly used: Set<string>;
}

const TOKEN = /\s*('(?:[^']|'')*'|[(),]|[^\s(),']+)/y;
/** More tokens than any client sends: 100 ids in one list. */
const TOKENS_MOST = 5_000;

function tokenize(text: string): string[] | null {
  const tokens: string[] = [];
  const source = text.trim();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const match = TOKEN.exec(source);
    if (match === null || tokens.length >= TOKENS_MOST) return null;
    tokens.push(match[1]!);
  }
  return tokens;
}

function parseOr(cursor: Cursor): FilterTest | null {
  const first = parseAnd(cursor);
  if (first === null) return null;
  const tests = [first];
  while (takeWord(cursor, "or")) {
    cursor.used.add("or");
    const next = parseAnd(cursor);
    if (next === null) return null;
    tests.push(next);
  }
  return (fields) => tests.some((test) => test(fields));
}

function parseAnd(cursor: Cursor): FilterTest | null {
  const first = parseOne(cursor);
  if (first === null) return null;
  const tests = [first];
  while (takeWord(cursor, "and")) {
    const next = parseOne(cursor);
    if (next === null) return null;
    tests.push(next);
  }
  return (fields) => tests.every((test) => test(fields));
}

function parseOne(cursor: Cursor): FilterTest | null {
  if (takeWord(cursor, "not")) {
    const test = parseOne(cursor);
    cursor.used.add("not");
    return test === null ? null : (fields) => !test(fields);
  }
  if (takeWord(cursor, "(")) {
    const test = parseOr(cursor);
    return test !== null && takeWord(cursor, ")") ? test : null;
  }
  const name = takeName(cursor);
  if (name === null) return null;
  if (cursor.tokens[cursor.at] === "(") return parseFunction(cursor, name.toLowerCase());
  return parseComparison(cursor, name);
}

function parseFunction(cursor: Cursor, called: string): FilterTest | null {
  if (!["startswith", "endswith", "contains"].includes(called)) return null;
  cursor.at += 1;
  const name = takeName(cursor);
  if (name === null || !takeWord(cursor, ",")) return null;
  const wanted = takeLiteral(cursor);
  if (typeof wanted?.value !== "string" || !takeWord(cursor, ")")) return null;
  cursor.fields.add(name);
  cursor.used.add(called);
  const part = wanted.value;
  const holds = (value: string) => {
    if (called === "startswith") return value.startsWith(part);
    return called === "endswith" ? value.endsWith(part) : value.includes(part);
  };
  return (fields) => {
    const value = fields(name);
    return typeof value === "string" && holds(value);
  };
}

function parseComparison(cursor: Cursor, name: string): FilterTest | null {
  cursor.fields.add(name);
  const operator = cursor.tokens[cursor.at]?.toLowerCase() ?? "";
  cursor.at += 1;
  if (operator === "in") return parseIn(cursor, name);
  const compare = COMPARISONS[operator];
  const literal = takeLiteral(cursor);
  if (compare === undefined || literal === null) return null;
  return (fields) => {
    const order = orderOf(fields(name), literal.value);
    return order === null ? operator === "ne" : compare(order);
  };
}

const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  ge: (order) => order >= 0,
  gt: (order) => order > 0,
  le: (order) => order <= 0,
  lt: (order) => order < 0,
};

function parseIn(cursor: Cursor, name: string): FilterTest | null {
  cursor.used.add("in");
  if (!takeWord(cursor, "(")) return null;
  const values: FilterValue[] = [];
  do {
    const literal = takeLiteral(cursor);
    if (literal === null) return null;
    values.push(literal.value);
  } while (takeWord(cursor, ","));
  if (!takeWord(cursor, ")")) return null;
  return (fields) => values.some((value) => orderOf(fields(name), value) === 0);
}

/**
 * Negative, zero or positive; null when the two cannot be compared. A collection equals each of
 * its members.
 */
function orderOf(value: ReturnType<Fields>, wanted: FilterValue): number | null {
  if (typeof value === "object" && value !== null) {
    return typeof wanted === "string" && value.includes(wanted) ? 0 : null;
  }
  if (value === wanted) return 0;
  if (typeof value === "string" && typeof wanted === "string") return value < wanted ? -1 : 1;
  if (typeof value === "number") {
    const number = typeof wanted === "string" ? Date.parse(wanted) : wanted;
    if (typeof number === "number" && !Number.isNaN(number)) return value - number;
  }
  return null;
}

function takeWord(cursor: Cursor, word: string): boolean {
  if (cursor.tokens[cursor.at]?.toLowerCase() !== word) return false;
  cursor.at += 1;
  return true;
}

function takeName(cursor: Cursor): string | null {
  const token = cursor.tokens[cursor.at] ?? "";
  if (!/^[a-z_][a-z0-9_/]*$/i.test(token)) return null;
  cursor.at += 1;
  return token;
}

/** Text in quotes, or a bare number, instant, GUID, true, false or null. */
function takeLiteral(cursor: Cursor): { readonly value: FilterValue } | null {
  const token = cursor.tokens[cursor.at];
  if (token === undefined || /^[(),]$/.test(token)) return null;
  cursor.at += 1;
  if (token.startsWith("'")) return { value: token.slice(1, -1).replaceAll("''", "'") };
  if (token === "null") return { value: null };
  if (token === "true" || token === "false") return { value: token === "true" };
  if (/^-?\d+(\.\d+)?$/.test(token)) return { value: Number(token) };
  if (/^\d{4}-\d{2}-\d{2}/.test(token)) {
    const atMs = Date.parse(token);
    return Number.isNaN(atMs) ? null : { value: atMs };
  }
  return /^[0-9a-f-]{36}$/i.test(token) ? { value: token } : null;
}
