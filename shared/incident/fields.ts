/** A JSON object whose fields nobody has checked. */
export type Fields = Readonly<Record<string, unknown>>;

/** `value` if it is a JSON object, else null. */
export function fieldsOf(value: unknown): Fields | null {
  return isFields(value) ? value : null;
}

/**
 * The field with that name; undefined if there is none. The exact spelling comes first, then the
 * first name that differs only in case, because vendors write both `hostName` and `HostName`. Only
 * own fields, never inherited ones.
 */
export function field(of: unknown, name: string): unknown {
  if (!isFields(of)) return undefined;
  if (Object.hasOwn(of, name)) return of[name];
  const wanted = name.toLowerCase();
  const found = Object.keys(of).find((key) => key.toLowerCase() === wanted);
  return found === undefined ? undefined : of[found];
}

/** The first of these fields with text or a whole number, trimmed; null if there is none. */
export function textField(of: unknown, ...names: readonly string[]): string | null {
  for (const name of names) {
    const text = textOf(field(of, name));
    if (text !== null) return text;
  }
  return null;
}

/** The elements of that field, none if it is not an array. */
export function listField(of: unknown, name: string): readonly unknown[] {
  const value = field(of, name);
  return Array.isArray(value) ? value : [];
}

/** Text as it is, a whole number in digits; null for anything else and for blank text. */
export function textOf(value: unknown): string | null {
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : null;
  if (typeof value !== "string") return null;
  const text = value.trim();
  return text === "" ? null : text;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
