import type { LibraryHold } from "./library-files.ts";
import { park } from "./moves.ts";
import type { SequenceRecord } from "./sequence.ts";

/** A waiting sequence whose library files must not run now; it is tried again at `untilMs`. */
export function holdForLibrary(
  record: SequenceRecord,
  hold: LibraryHold,
  untilMs: number,
): SequenceRecord {
  const parked = park(record, { kind: "later", dueAtMs: untilMs }, null);
  return { ...parked, libraryHold: hold };
}
