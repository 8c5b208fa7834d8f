import type { RoundRows } from "../../../ledger/sweep/round-rows.ts";
import { keyColumns } from "../../../plan/profile/rows-form.ts";

/** The columns of a round whose profiles may have different ones. */
export interface ColumnsOfRound {
  /** All of them, each once. */
  readonly all: readonly string[];
  /** Those of the rows of a profile with this hash, in the order of their cells. */
  of(hash: string): readonly string[];
  /** Those of them that make a row the same row in another round. */
  keysOf(hash: string): readonly string[];
}

/** Throws for a hash that the round has not: such a round is broken. */
export function columnsOfRound(rows: readonly RoundRows[]): ColumnsOfRound {
  const forms = new Map(rows.map(({ hash, form }) => [hash, form]));
  const formOf = (hash: string) => {
    const form = forms.get(hash);
    if (form === undefined) throw new Error(`no profile of the round has the hash ${hash}`);
    return form;
  };
  return {
    all: [...new Set(rows.flatMap(({ form }) => form.columns.map(({ name }) => name)))],
    of: (hash) => formOf(hash).columns.map(({ name }) => name),
    keysOf: (hash) => keyColumns(formOf(hash)).map(({ name }) => name),
  };
}
