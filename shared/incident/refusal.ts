import { MAX_PROBLEM_CHARACTERS, MAX_PROBLEMS } from "./bounds.ts";
import type { Problem } from "./problem.ts";
import { oneLine } from "./text.ts";

/** The refusal of `Parsed`, for any value. */
export interface Invalid {
  readonly kind: "invalid";
  readonly problems: readonly Problem[];
}

/** Refuses with these problems: the first `MAX_PROBLEMS`, each on one line of bounded length. */
export function invalid(problems: readonly Problem[]): Invalid {
  return { kind: "invalid", problems: problems.slice(0, MAX_PROBLEMS).map(bounded) };
}

function bounded({ path, message }: Problem): Problem {
  return {
    path: oneLine(path, MAX_PROBLEM_CHARACTERS),
    message: oneLine(message, MAX_PROBLEM_CHARACTERS),
  };
}
