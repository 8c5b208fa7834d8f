import { isRunId, isSequenceId } from "../plan/identity.ts";

/** Far above what one sequence can hold; a bound only so that every name has one. */
const MAX_ORDINAL = 9_999;

/**
 * Where the result of one command is kept: `<run>/<sequence>/<part>-<index>.bin`, part and index as
 * Defender and the ledger count them, from 0. Always the same for the same result. Throws on
 * anything that is no id of ours.
 */
export function resultPath(sequenceId: string, part: number, index: number): string {
  // Ids are hashes of ours, so no caller's and no machine's text is ever part of a name.
  if (!isSequenceId(sequenceId)) throw new Error("not the id of a sequence");
  const [runId = "", suffix = ""] = sequenceId.split(".");
  return `${runId}/${suffix}/${ordinal(part)}-${ordinal(index)}.bin`;
}

/** Where the manifest of a run is kept. Throws on anything that is no run id. */
export function manifestPath(runId: string): string {
  if (!isRunId(runId)) throw new Error("not the id of a run");
  return `${runId}/manifest.json`;
}

function ordinal(value: number): string {
  if (!Number.isInteger(value) || value < 0 || value > MAX_ORDINAL) {
    throw new Error(`a part or index is a whole number from 0 to ${MAX_ORDINAL}, not ${value}`);
  }
  return String(value);
}
