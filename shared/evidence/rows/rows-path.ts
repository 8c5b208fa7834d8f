import { padded } from "../../ledger/row/padded.ts";
import type { Batch } from "../../ledger/sweep/batch.ts";

/** Digits of rounds and batches, so that paths sort by number. */
const DIGITS = 6;

/** The names of sweeps; whatever else came here would name other files. */
const SWEEP_NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Where the rows of a batch are: `<sweep>/<round>/<batch>.ndjson`. Throws if it is none. */
export function rowsPath({ name, round, batch }: Batch): string {
  return `${roundPrefix({ name, round })}${padded(batch, DIGITS)}.ndjson`;
}

/** The beginning of the paths of a round. */
export function roundPrefix({ name, round }: Pick<Batch, "name" | "round">): string {
  if (!SWEEP_NAME.test(name)) throw new Error("not the name of a sweep");
  return `${name}/${padded(round, DIGITS)}/`;
}
