import { isSequenceId } from "../plan/identity.ts";

/** Far more than one sequence has; a bound, so that every name has one. */
const MAX_ORDINAL = 9_999;

/** The form of the path of a result. */
export const RESULT_PATH =
  /^[0-9a-hjkmnp-tv-z]{20}\/[0-9a-hjkmnp-tv-z]{12}\/(?:0|[1-9]\d{0,3})-(?:0|[1-9]\d{0,3})\.bin$/;

/**
 * The path of the result of one command: `<run>/<sequence>/<part>-<index>.bin`, part and index as
 * Defender and the ledger count them, from 0. Always the same for the same result. Throws if an id
 * is not one of ours.
 */
export function resultPath(sequenceId: string, part: number, index: number): string {
  // Ids are hashes of ours, so no text of a caller or a machine is ever part of a name.
  if (!isSequenceId(sequenceId)) throw new Error("not the id of a sequence");
  const [runId = "", suffix = ""] = sequenceId.split(".");
  return `${runId}/${suffix}/${ordinal(part)}-${ordinal(index)}.bin`;
}

function ordinal(value: number): string {
  if (!Number.isInteger(value) || value < 0 || value > MAX_ORDINAL) {
    throw new Error(`a part or index is a whole number from 0 to ${MAX_ORDINAL}, not ${value}`);
  }
  return String(value);
}
