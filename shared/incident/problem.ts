/**
 * One thing that is wrong in an input: where (a dotted path, "" for the whole) and what to change.
 */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** The result of parsing: the value, or everything that is wrong with it. */
export type Parsed<T> =
  | { readonly kind: "parsed"; readonly value: T }
  | { readonly kind: "invalid"; readonly problems: readonly Problem[] };
