import { reportedName } from "../shared/evidence/reported-text.ts";
import type { Tone } from "./colours.ts";
import type { CommandAnswer, SequenceAnswer } from "./run-answer.ts";

/** How one machine stands, in words. */
export interface Progress {
  readonly word: string;
  readonly tone: Tone;
  /** What it does or why it waits. */
  readonly detail: string;
  /**
   * When what it waits for is due, epoch milliseconds; told apart, for it would change each second.
   */
  readonly dueAtMs: number | null;
}

/** Most characters shown of what a machine or Defender reported. */
const REPORTED_CHARS = 160;

/**
 * A sequence in a calm word and a short sentence. A machine that Defender keeps Pending for longer
 * than `offlineAfterMs` is called offline: one that is there takes its action up sooner.
 */
export function progressOf(
  sequence: SequenceAnswer,
  nowMs: number,
  offlineAfterMs: number,
): Progress {
  switch (sequence.state) {
    case "waiting":
      return waiting(sequence);
    case "claimed":
      return busy("sending", "asking Defender for a session");
    case "unconfirmed":
      return pausing(
        "unsure",
        "the answer was lost: lrq looks for the action before it sends again",
      );
    case "submitted":
      return submitted(sequence, nowMs, offlineAfterMs);
    case "succeeded":
    case "failed":
    case "timedOut":
    case "cancelled":
    case "expired":
    case "refused":
      return ended(sequence);
  }
}

/** Epoch milliseconds since the incident was accepted, or until the sequence ended. */
export function elapsedMs({ acceptedAt, endedAt }: SequenceAnswer, nowMs: number): number {
  const untilMs = endedAt === null ? nowMs : Date.parse(endedAt);
  return Math.max(0, untilMs - Date.parse(acceptedAt));
}

function waiting({ waits }: SequenceAnswer): Progress {
  const due = waits?.estimatedStart ?? null;
  const dueAtMs = due === null ? null : Date.parse(due);
  switch (waits?.code) {
    case "machineBusy":
      return { ...pausing("busy", "portal session"), dueAtMs };
    case "offline":
      return { ...pausing("parked", "offline"), dueAtMs };
    case "machineHeld":
      return pausing("waiting", "another of our sequences holds the machine");
    case "token":
      return { ...pausing("waiting", "all calls of the window are used"), dueAtMs };
    case "session":
      return pausing("waiting", "all sessions of the tenant are taken");
    case "next":
      return pausing(
        "waiting",
        waits.position === 1 ? "next to go" : "goes after those in front of it",
      );
    case undefined:
      return pausing("waiting", "in the queue");
    default:
      return pausing("waiting", harmless(waits?.detail ?? ""));
  }
}

function submitted(
  { machineActionStatus, submittedAt, commands }: SequenceAnswer,
  nowMs: number,
  offlineAfterMs: number,
): Progress {
  switch (machineActionStatus) {
    case null:
      return busy("submitted", "Defender has accepted it");
    case "Pending": {
      const sinceMs = submittedAt === null ? nowMs : Date.parse(submittedAt);
      return nowMs - sinceMs > offlineAfterMs
        ? pausing("pending", "offline, Defender keeps it Pending")
        : busy("pending", "waits for the machine to start");
    }
    case "InProgress":
      return busy("running", currentCommand(commands));
    default:
      return busy("running", `Defender says ${harmless(machineActionStatus)}`);
  }
}

function currentCommand(commands: readonly CommandAnswer[]): string {
  const begun = commands.filter(({ startedAt }) => startedAt !== null);
  const current = begun.findLast(({ endedAt }) => endedAt === null);
  if (current !== undefined) {
    return `${commandName(current)} (${commands.indexOf(current) + 1} of ${commands.length})`;
  }
  return begun.length === 0 ? "the session opens" : "the session closes";
}

/** A command as people call it: its type, and the script or file it is about. */
export function commandName({ type, target }: Pick<CommandAnswer, "type" | "target">): string {
  const about = type === "RunScript" ? (target.split(" ")[0] ?? "") : target;
  return `${type} ${harmless(about)}`;
}

function ended({ state, outcome, commands }: SequenceAnswer): Progress {
  const results = commands.map(({ result }) => result).filter((result) => result !== null);
  const stored = results.filter((result) => result.state === "stored").length;
  if (results.some((result) => result.state === "owed")) {
    return busy("collecting", `${stored} of ${results.length} results stored`);
  }
  if (state === "succeeded") {
    return { word: "done", tone: "good", detail: `${stored} results stored`, dueAtMs: null };
  }
  const word = state === "timedOut" ? "timed out" : state;
  const failed = commands.find(({ status }) => status === "Failed");
  const detail =
    outcome?.code === "commandFailed" && failed !== undefined
      ? [`${failed.type} failed`, ...failed.errors].join(": ")
      : (outcome?.detail ?? "");
  return { word, tone: "bad", detail: harmless(detail), dueAtMs: null };
}

function busy(word: string, detail: string): Progress {
  return { word, tone: "busy", detail, dueAtMs: null };
}

function pausing(word: string, detail: string): Progress {
  return { word, tone: "waiting", detail, dueAtMs: null };
}

function harmless(reported: string): string {
  return reportedName(reported, REPORTED_CHARS);
}
