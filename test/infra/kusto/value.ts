/** A time span. */
interface Span {
  readonly spanMs: number;
}

/** What a column or an expression can be; a `datetime` is a Date, and a `dynamic` any of these. */
export type Value =
  | null
  | string
  | number
  | boolean
  | Date
  | Span
  | readonly Value[]
  | { readonly [name: string]: Value };

export function isSpan(value: Value): value is Span {
  return typeof value === "object" && value !== null && "spanMs" in value;
}

/**
 * Less than 0 if `one` comes before `other`; null if one of them is null. Throws for two types that
 * nothing here compares.
 */
export function order(one: Value, other: Value): number | null {
  if (one === null || other === null) return null;
  if (one instanceof Date && other instanceof Date) return one.getTime() - other.getTime();
  if (isSpan(one) && isSpan(other)) return one.spanMs - other.spanMs;
  if (typeof one === "number" && typeof other === "number") return one - other;
  if (typeof one === "string" && typeof other === "string")
    return Number(one > other) - Number(one < other);
  throw new Error(`nothing compares ${JSON.stringify(one)} and ${JSON.stringify(other)}`);
}

/** `tostring`: of null it is the empty text. */
export function textOf(value: Value): string {
  if (value === null) return "";
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
