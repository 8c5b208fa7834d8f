import { adviceAbout } from "../../advice/advice-about.ts";
import type { ATTENTIONS } from "../../advice/attentions.ts";
import type { OutcomeCode } from "../../advice/outcomes.ts";
import type { WaitCode } from "../../advice/waits.ts";
import { isoOrNull } from "../../ledger/row/instant.ts";
import type { LastFailed } from "../../ledger/run/tally.ts";
import type { RunSummary } from "../../ledger/run/summary.ts";
import type { NextStepView } from "./run-view.ts";

/** Something that wants a person; members that do not apply are null. */
export interface Attention {
  readonly code: string;
  /** One line about this case. */
  readonly detail: string;
  readonly nextStep: NextStepView | null;
  readonly since: string | null;
  /** The deadline, or when lrq tries again by itself. */
  readonly until: string | null;
  /** How many sequences, rows, files or callbacks it is about. */
  readonly count: number | null;
  readonly runId: string | null;
  readonly source: string | null;
  readonly incidentId: string | null;
  readonly title: string | null;
  readonly machineId: string | null;
  readonly machineName: string | null;
  readonly sequenceId: string | null;
}

type KnownCode = WaitCode | OutcomeCode | keyof typeof ATTENTIONS;

interface Said {
  readonly detail: string;
  readonly sinceMs?: number | null;
  readonly untilMs?: number | null;
  readonly count?: number;
  /** The run that it is about, or the newest of them. */
  readonly run?: Pick<RunSummary, "runId" | "source" | "incidentId" | "title">;
  /** The sequence, and its machine, that it is about, or the last of them. */
  readonly last?: LastFailed;
}

/** An item about the app or a run; the code of a failure can be one of Defender's own. */
export function attention(code: KnownCode | { readonly of: string }, said: Said): Attention {
  const name = typeof code === "string" ? code : code.of;
  const advice = adviceAbout(name);
  const { detail, sinceMs = null, untilMs = null, count = null, run = null, last = null } = said;
  return {
    code: name,
    detail,
    nextStep:
      advice === null ? null : { code: name, step: advice.step, needsPerson: advice.needsPerson },
    since: isoOrNull(sinceMs),
    until: isoOrNull(untilMs),
    count,
    runId: run?.runId ?? null,
    source: run?.source ?? null,
    incidentId: run?.incidentId ?? null,
    title: run?.title ?? null,
    machineId: last?.machineId ?? null,
    machineName: last?.machineName ?? null,
    sequenceId: last?.sequenceId ?? null,
  };
}
