import type { Run } from "../app/run.ts";
import { EXIT, type ExitCode } from "../command/exit-codes.ts";
import { countWords } from "./count-words.ts";

/**
 * How a finished run counts: done only if every sequence succeeded, no script says that it failed,
 * and no result is missing.
 */
export function endOf({ counts, results, scriptsFailed }: Run): ExitCode {
  const { total = 0, succeeded = 0 } = counts;
  const isWell = succeeded === total && scriptsFailed === 0 && results.unavailable === 0;
  return isWell ? EXIT.done : EXIT.withFailures;
}

/** The same in a line. */
export function endWords({ runId, counts, results, scriptsFailed }: Run): string {
  const scripts = scriptsFailed === 0 ? "" : `, the scripts of ${scriptsFailed} failed`;
  const lost = results.unavailable === 0 ? "" : `, ${results.unavailable} results unavailable`;
  return `run ${runId} finished: ${countWords(counts)}${scripts}${lost}`;
}
