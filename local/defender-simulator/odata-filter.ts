/**
 * A value as a filter compares it: text, or a number (instants are epoch milliseconds), or
 * nothing. Only a name that ends in `/any` stands for a list.
 */
export type FilterValue = string | number | boolean | null | readonly string[];

/** Gives the value of a name, as the list of filterable names writes it. */
type Fields = (name: string) => FilterValue;

type FilterTest = (fields: Fields) => boolean;

/** A filter, or why it is not one. */
export type ParsedFilter =
  | { readonly kind: "filter"; readonly test: FilterTest }
  | { readonly kind: "refused"; readonly message: string };

/**
 * What Defender's sample pages and known clients send: comparisons, `startswith`, `contains` and
 * `list/any(x: x eq 'text')`, joined by `and` and `or`. Names count in any case, text is compared
 * exactly, instants as instants.
 */
export function parseFilter(text: string, names: readonly string[]): ParsedFilter {
  const alternatives: FilterTest[][] = [[]];
  let rest = text.trim();
  do {
    const term = TERM.exec(rest);
    const test = readTerm(term?.groups ?? {}, names);
    if (term === null || test === null) return refused(`Syntax error at '${rest}' in '${text}'.`);
    if (typeof test === "string")
      return refused(`The property '${test}' cannot be used in $filter.`);
    alternatives.at(-1)?.push(test);
    if (term.groups?.["joint"]?.toLowerCase() === "or") alternatives.push([]);
    rest = rest.slice(term[0].length);
  } while (rest !== "");
  const test: FilterTest = (fields) =>
    alternatives.some((terms) => terms.every((term) => term(fields)));
  return { kind: "filter", test };
}

function refused(message: string): ParsedFilter {
  return { kind: "refused", message };
}

const QUOTED = "'(?:[^']|'')*'";
/** One term, and the word that joins the next one to it. */
const TERM = new RegExp(
  `^(?:(?<call>startswith|contains)\\(\\s*(?<of>\\w+)\\s*,\\s*(?<part>${QUOTED})\\s*\\)` +
    `|(?<list>\\w+/any)\\(\\s*(?<each>\\w+)\\s*:\\s*\\k<each>\\s+eq\\s+(?<member>${QUOTED})\\s*\\)` +
    `|(?<field>\\w+)\\s+(?<operator>eq|ne|ge|gt|le|lt)\\s+(?<literal>${QUOTED}|[^\\s(),']+))` +
    "(?:\\s+(?<joint>and|or)\\s+(?=\\S)|$)",
  "i",
);

/** The test; the name that may not be used; or null when there is no such term. */
function readTerm(
  term: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): FilterTest | string | null {
  const written = term["of"] ?? term["list"] ?? term["field"] ?? "";
  const name = names.find((known) => known.toLowerCase() === written.toLowerCase());
  if (name === undefined) return written === "" ? null : written;
  if (term["list"] !== undefined) {
    const member = unquoted(term["member"]);
    return (fields) => [fields(name)].flat().includes(member);
  }
  if (term["call"] !== undefined) {
    const part = unquoted(term["part"]);
    const starts = term["call"].toLowerCase() === "startswith";
    return (fields) => {
      const value = fields(name);
      return typeof value === "string" && (starts ? value.startsWith(part) : value.includes(part));
    };
  }
  return comparison(name, term["operator"]?.toLowerCase() ?? "", term["literal"] ?? "");
}

const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  ge: (order) => order >= 0,
  gt: (order) => order > 0,
  le: (order) => order <= 0,
  lt: (order) => order < 0,
};

function comparison(name: string, operator: string, literal: string): FilterTest | null {
  const compare = COMPARISONS[operator];
  const wanted = readLiteral(literal);
  if (compare === undefined || wanted === undefined) return null;
  return (fields) => {
    const order = orderOf(fields(name), wanted);
    return order === null ? operator === "ne" : compare(order);
  };
}

/** Negative, zero or positive; null when the two cannot be compared. */
function orderOf(value: FilterValue, wanted: FilterValue): number | null {
  if (value === wanted) return 0;
  if (typeof value === "string" && typeof wanted === "string") return value < wanted ? -1 : 1;
  if (typeof value !== "number") return null;
  const number = typeof wanted === "string" ? Date.parse(wanted) : wanted;
  return typeof number === "number" && !Number.isNaN(number) ? value - number : null;
}

/** Text in quotes, or a bare number, instant, GUID, true, false or null; undefined for another. */
function readLiteral(literal: string): FilterValue | undefined {
  if (literal.startsWith("'")) return unquoted(literal);
  if (literal === "null") return null;
  if (literal === "true" || literal === "false") return literal === "true";
  if (/^-?\d+(\.\d+)?$/.test(literal)) return Number(literal);
  if (/^\d{4}-\d{2}-\d{2}(T.*|Z)?$/i.test(literal)) {
    const atMs = Date.parse(literal);
    return Number.isNaN(atMs) ? undefined : atMs;
  }
  return /^[0-9a-f-]{36}$/i.test(literal) ? literal : undefined;
}

function unquoted(text = ""): string {
  return text.slice(1, -1).replaceAll("''", "'");
}
