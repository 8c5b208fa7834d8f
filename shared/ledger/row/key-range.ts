/** A range of keys: `from <= key < before`. */
export interface KeyRange {
  readonly from: string;
  readonly before: string;
}

/** True if a query of the range finds the key. */
export function isWithin(key: string, { from, before }: KeyRange): boolean {
  return key >= from && key < before;
}

/** What a key has after the beginning that all keys of its range share. */
export function withoutFamily(key: string, { from }: KeyRange): string {
  return key.slice(from.length);
}

/** The family of keys that begin with `prefix!`; `"` is the character after `!`. */
export function family(prefix: string): KeyRange {
  return { from: `${prefix}!`, before: `${prefix}"` };
}
