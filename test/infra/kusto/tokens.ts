/** A piece of a query. A `span` is a time span in milliseconds. */
export type Token =
  | { readonly kind: "word" | "sign" | "text"; readonly text: string }
  | { readonly kind: "number" | "span"; readonly text: string; readonly value: number };

const SPAN_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const PIECE =
  /(?<blank>\s+|\/\/[^\n]*)|(?<span>\d+)(?<unit>[smhd])\b|(?<number>\d+)\b|@"(?<raw>[^"]*)"|"(?<text>(?:[^"\\]|\\.)*)"|'(?<single>[^']*)'|(?<word>[A-Za-z_]\w*)|(?<sign>==|!=|<=|>=|[|(){}[\],;=<>])/y;

/** The pieces of a query, without comments. Throws at the first that is none. */
export function tokensOf(query: string): Token[] {
  const tokens: Token[] = [];
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < query.length) {
    const at = PIECE.lastIndex;
    const found = PIECE.exec(query);
    if (found === null) throw new Error(`no piece of a query: ${query.slice(at, at + 20)}`);
    const token = tokenOf(found[0], found.groups ?? {});
    if (token !== null) tokens.push(token);
  }
  return tokens;
}

function tokenOf(text: string, groups: Readonly<Record<string, string | undefined>>): Token | null {
  const { blank, span, unit = "", number, raw, text: quoted, single, word } = groups;
  if (blank !== undefined) return null;
  if (span !== undefined) return { kind: "span", text, value: Number(span) * (SPAN_MS[unit] ?? 0) };
  if (number !== undefined) return { kind: "number", text, value: Number(number) };
  if (raw !== undefined) return { kind: "text", text: raw };
  if (quoted !== undefined) return { kind: "text", text: JSON.parse(`"${quoted}"`) };
  if (single !== undefined) return { kind: "text", text: single };
  return { kind: word === undefined ? "sign" : "word", text };
}

/** Reads pieces from the front. */
export interface Reader {
  peek(): Token | null;
  /** Throws at the end. */
  take(): Token;
  /** Takes the sign or word if it is next. */
  takes(text: string): boolean;
  /** Throws if something else is next. */
  must(text: string): void;
  /** The name that is next; throws if it is none. */
  name(): string;
}

export function readerOf(tokens: readonly Token[]): Reader {
  let at = 0;
  const peek = (): Token | null => tokens[at] ?? null;
  const isNext = (text: string): boolean => {
    const token = peek();
    return token?.text === text && (token.kind === "sign" || token.kind === "word");
  };
  const take = (): Token => {
    const token = peek();
    if (token === null) throw new Error("the query ends too early");
    at += 1;
    return token;
  };
  const takes = (text: string): boolean => {
    if (!isNext(text)) return false;
    at += 1;
    return true;
  };
  return {
    peek,
    take,
    takes,
    must: (text) => {
      if (!takes(text)) throw new Error(`${text} is missing before ${peek()?.text ?? "the end"}`);
    },
    name: () => {
      const token = take();
      if (token.kind !== "word") throw new Error(`${token.text} is no name`);
      return token.text;
    },
  };
}
