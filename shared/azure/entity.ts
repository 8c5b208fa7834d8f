/**
 * A string property holds 32,768 UTF-16 units (Table service). The margin is more than the one unit
 * that a cut may add.
 */
const COLUMN_CHARACTERS = 30_000;
/** 15 columns of 30,000: together with the rest of the entity they are below its 1 MiB. */
const COLUMNS_MAX = 15;

/**
 * A row's body as columns `body0`, `body1`, ...: its text, in pieces that fit into a column. Throws
 * as `bodyText` does.
 */
export function bodyColumns(body: unknown): Record<string, string> {
  return Object.fromEntries(cut(bodyText(body)).map((part, index) => [`body${index}`, part]));
}

/**
 * A row's body as JSON. Throws above 450,000 characters, and if there is nothing to write. The two
 * line separators of Unicode are escaped, because Azurite (3.35) cannot read a transaction that has
 * one.
 */
export function bodyText(body: unknown): string {
  const json: string | undefined = JSON.stringify(body);
  if (json === undefined) throw new Error("a ledger row without a body");
  const text = json.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
  if (text.length > COLUMN_CHARACTERS * COLUMNS_MAX) {
    throw new Error(`a ledger row of ${text.length} characters is too big`);
  }
  return text;
}

/** Never cuts a surrogate pair, because UTF-8 cannot hold half of one. */
function cut(text: string): string[] {
  const parts: string[] = [];
  for (let from = 0; from < text.length; from += parts.at(-1)?.length ?? 0) {
    const end = from + COLUMN_CHARACTERS;
    const inPair = (text.codePointAt(end - 1) ?? 0) > 0xffff;
    parts.push(text.slice(from, inPair ? end + 1 : end));
  }
  return parts;
}

/** The body from its columns. Throws if there is none, because then lrq did not write the row. */
export function bodyOf(entity: object): unknown {
  const columns = new Map<string, unknown>(Object.entries(entity));
  let text = "";
  for (let index = 0; index < COLUMNS_MAX; index += 1) {
    const column = columns.get(`body${index}`);
    if (typeof column !== "string") break;
    text += column;
  }
  if (text === "") throw new Error(`row ${String(columns.get("rowKey"))} has no body`);
  return JSON.parse(text);
}
