import { adviceAbout } from "../../advice/advice-about.ts";
import type { OutcomeCode } from "../../advice/outcomes.ts";
import type { SequenceRecord, SequenceResult } from "../../ledger/sequence/sequence.ts";
import type { NextStepView, SequenceView } from "./run-view.ts";

type Told = Pick<SequenceRecord, "outcome" | "progress" | "part"> & {
  readonly results: readonly Pick<SequenceResult, "state">[];
};

/**
 * What a person can do about a sequence that waits, did not end well, or brought too little; null
 * if all is well. `shown` is what a reader of the run sees of it.
 */
export function nextStepFor(
  record: Told,
  shown: Pick<SequenceView, "waits" | "scripts">,
): NextStepView | null {
  const code = tellingCode(record, shown);
  if (code === null) return null;
  const advice = adviceAbout(code);
  if (advice === null) return { code, step: UNKNOWN, needsPerson: true };
  return { code, step: advice.step, needsPerson: advice.needsPerson };
}

/** For a code of Defender's that is on none of its pages. */
const UNKNOWN = "lrq does not know this code of Defender's. Read its words, and look it up.";

/** The code that says most about it. */
function tellingCode(
  record: Told,
  { waits, scripts }: Pick<SequenceView, "waits" | "scripts">,
): string | null {
  const { outcome, results } = record;
  if (waits !== null) return waits.code;
  if (outcome?.code === ("commandFailed" satisfies OutcomeCode)) {
    const failed = failedCommand(record);
    // A script that failed by its own word has left nothing for a later command to fetch.
    return scripts === "failed" && failed !== "runScriptFailed" ? SCRIPT : failed;
  }
  if (outcome !== null) return outcome.code;
  if (scripts === "failed") return SCRIPT;
  const isMissing = results.some(({ state }) => state === "unavailable");
  return isMissing ? ("resultUnavailable" satisfies OutcomeCode) : null;
}

const SCRIPT: OutcomeCode = "scriptFailed";

const FAILED_COMMANDS = {
  PutFile: "putFileFailed",
  RunScript: "runScriptFailed",
  GetFile: "getFileFailed",
} as const satisfies Record<SequenceRecord["progress"][number]["type"], OutcomeCode>;

/** The kind of the command that failed. */
function failedCommand({ progress, part }: Pick<Told, "progress" | "part">): OutcomeCode {
  const failed = progress.find((each) => each.part === part && each.status === "Failed");
  return failed === undefined ? "commandFailed" : FAILED_COMMANDS[failed.type];
}
