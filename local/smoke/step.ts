import { EXIT, type ExitCode } from "../lrq/command/exit-codes.ts";

/** What the road comes to, in this order. It ends at the first that is not ok. */
type StepName = "reach" | "queue" | "accept" | "submit" | "Defender" | "evidence" | "verify";

/**
 * `refused`: somebody has to allow it first. `late`: it goes on, and the time of this command is
 * over.
 */
export type Verdict = "ok" | "wrong" | "unreachable" | "refused" | "failed" | "late";

/** One step of the road. */
export interface Step {
  readonly step: StepName;
  readonly verdict: Verdict;
  readonly what: string;
  /** What to do about it; null if there is nothing to do. */
  readonly fix: string | null;
}

/** Somebody has paused lrq, and perhaps with the setting, which refuses a resume. */
export const RESUME_FIX =
  "If the setting PAUSED is on, set it to false first. Then send POST /api/resume.";

export const EXIT_CODES: Readonly<Record<Verdict, ExitCode>> = {
  ok: EXIT.done,
  wrong: EXIT.failed,
  unreachable: EXIT.unreachable,
  refused: EXIT.refused,
  failed: EXIT.withFailures,
  late: EXIT.late,
};

export function good(step: Step["step"], what: string): Step {
  return { step, verdict: "ok", what, fix: null };
}

export function stopped(
  step: Step["step"],
  verdict: Exclude<Verdict, "ok">,
  { what, fix }: Pick<Step, "what"> & { readonly fix: string },
): Step {
  return { step, verdict, what, fix };
}
