import type { Run } from "../app/run.ts";
import { EXIT, type ExitCode } from "../command/exit-codes.ts";
import { countWords } from "./count-words.ts";

/**
 * How a finished run counts: done only if every sequence succeeded, no script says that it failed,
 * and no result is missing.
 */
export function endOf({ sequences, results }: Pick<Run, "sequences" | "results">): ExitCode {
  // One that was run again counts by that.
  const last = sequences.filter(({ retriedBy }) => (retriedBy ?? null) === null);
  const areWell = last.every(({ state, scripts }) => state === "succeeded" && scripts !== "failed");
  return areWell && results.unavailable === 0 ? EXIT.done : EXIT.withFailures;
}

/** The same in a line. */
export function endWords({ runId, counts, results, scriptsFailed }: Run): string {
  const scripts = scriptsFailed === 0 ? "" : `, the scripts of ${scriptsFailed} failed`;
  const lost = results.unavailable === 0 ? "" : `, ${results.unavailable} results unavailable`;
  return `run ${runId} finished: ${countWords(counts)}${scripts}${lost}`;
}
