/** A cell as it is stored: null if the row has no value for its column. */
export type Cell = string | number | boolean | null;

/** A row that lrq could not read: its number, from 1, and why. */
export interface WrongRow {
  readonly row: number;
  readonly why: string;
}

/** What one machine's result says, as rows. */
export interface ParsedRows {
  /** A cell for each column of the profile, in its order. */
  readonly rows: readonly (readonly Cell[])[];
  /** The first wrong rows; `wrongCount` counts all of them. */
  readonly wrong: readonly WrongRow[];
  readonly wrongCount: number;
  /** The bound at which lrq stopped; null if it has read everything. */
  readonly cut: "rows" | "bytes" | null;
  /** Why the result, or the rest of it, is no rows at all; null if it is. */
  readonly trouble: string | null;
}

/** The result of a machine that has no rows, and why. */
export function noRows(trouble: string): ParsedRows {
  return { rows: [], wrong: [], wrongCount: 0, cut: null, trouble };
}
