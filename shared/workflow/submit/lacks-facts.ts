import { needsFacts, type MachineScope } from "../../access/machine-scope.ts";
import type { SequenceRecord } from "../../ledger/sequence/sequence.ts";
import type { LibraryRules } from "../../limits/library/rules.ts";

/**
 * On which machines lrq may act, how old facts may be that this is judged by, and which library
 * files may run; null for all of them.
 */
export interface Judging {
  readonly scope: MachineScope;
  readonly factsAgeMs: number;
  readonly library: LibraryRules | null;
}

/**
 * Ten minutes. A machine that gets a tag is left alone after that time at the latest, and while the
 * queue moves, sequences rarely wait so long. Our own bound (decision 042).
 */
export const FACTS_AGE_MS = 600_000;

/**
 * True if Defender has to be asked for the machine before the sequence may go: it never was, or the
 * scope has rules about facts and those of the record are too old. Not for one that ends anyway.
 */
export function lacksFacts(
  { machineFacts, acceptedAtMs, expiresAtMs }: SequenceRecord,
  { scope, factsAgeMs }: Pick<Judging, "scope" | "factsAgeMs">,
  nowMs: number,
): boolean {
  if (expiresAtMs <= nowMs) return false;
  if (machineFacts === null) return true;
  // An older version of the app wrote no time; its facts are as old as the sequence.
  return needsFacts(scope) && (machineFacts.atMs ?? acceptedAtMs) + factsAgeMs < nowMs;
}
