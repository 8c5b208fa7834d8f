import type { OutcomeCode } from "../../advice/outcomes.ts";
import type { SequenceRecord } from "./sequence.ts";

/** How a sequence ended, in a code and in words for a person. */
type Outcome = NonNullable<SequenceRecord["outcome"]> & { readonly code: OutcomeCode };

/** The command that failed, and Defender's words about it. */
export function failure(record: SequenceRecord): Outcome {
  const failed = record.progress.find(
    (each) => each.part === record.part && each.status === "Failed",
  );
  if (failed === undefined) {
    return { code: "actionFailed", detail: "Defender reports the action as failed." };
  }
  const said = failed.errors.length > 0 ? ` Defender says: ${failed.errors.join("; ")}` : "";
  const number = numberOf(record, failed.index);
  const rest =
    record.actionStatus === "Succeeded"
      ? ", although Defender reports the action as succeeded."
      : "; those after it did not run.";
  const detail = `Command ${number} (${failed.type}) failed${rest}${said}`;
  return { code: "commandFailed", detail: detail.slice(0, 1_000) };
}

/**
 * Counted from 1 over all parts, in the order in which the profile lists its commands and the run
 * shows them.
 */
function numberOf({ parts, part }: SequenceRecord, index: number): number {
  return parts.slice(0, part).flat().length + index + 1;
}

/** Defender's time limit: for the machine to come, or for a command to end. */
export function timeOut(untouched: boolean): Outcome {
  return untouched
    ? { code: "notReached", detail: "The machine did not come online in time." }
    : {
        code: "commandTimedOut",
        detail: "Defender timed it out; a command may have run, so lrq does not repeat it.",
      };
}

/** Somebody ended it. */
export function cancelledBy(by: string): Outcome {
  return { code: "cancelled", detail: `Cancelled by ${by}.` };
}

/** Our own cancel came while commands were running. */
export const INTERRUPTED = {
  code: "interrupted",
  detail:
    "The machine came online while lrq gave it up; commands may have run, so lrq repeats none.",
} as const satisfies Outcome;
