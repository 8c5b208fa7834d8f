import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { Court } from "./invariants.ts";

/** Looks at what is written of seals, while it is. */
export interface SealJudge {
  committed(changes: readonly RowChange[]): void;
  /** Notes of runs that are still to be sealed. */
  readonly owed: ReadonlySet<string>;
}

export function createSealJudge(court: Court): SealJudge {
  const owed = new Set<string>();
  return {
    owed,
    committed: (changes) => {
      for (const { key, op } of changes) {
        if (key.startsWith("seal!") && op !== "insert") court.fail("sealed", `${key} was written`);
        if (!key.startsWith("over!")) continue;
        if (op === "delete") owed.delete(key);
        else owed.add(key);
      }
    },
  };
}
