import { waitsForGate } from "../../ledger/run/gate.ts";
import { isoOf } from "../../ledger/row/instant.ts";
import { URGENT_LANE, type Lane } from "../../plan/lane.ts";
import { holdsSession, rankOf, type SequenceRecord } from "../../ledger/sequence/sequence.ts";
import { admit } from "../../limits/pace/admit.ts";
import type { Budget } from "../../limits/pace/budget.ts";
import { forecastStartMs } from "../../limits/pace/forecast.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { lockoutOf } from "../../limits/pace/lockout.ts";
import { describeLockout, lockoutInWords } from "./describe-lockout.ts";
import type { WaitView } from "./run-view.ts";

/** The present queue, to find the place of a sequence in it. */
export interface Queue {
  readonly positions: ReadonlyMap<string, number>;
  /** Null if it is set aside: then nothing is submitted here, and no time is known. */
  readonly budget: Budget | null;
  readonly nowMs: number;
  readonly limits: Limits;
}

/**
 * A forecast is no more exact than this. A finer one would change with each request, and so would
 * the ETag of an answer in which nothing else has changed.
 */
const STEP_MS = 10_000;

/** Why a sequence waits, in a code and in words, and what is known of its start. */
export function describeWait(record: SequenceRecord, queue: Queue): WaitView {
  const { place } = record;
  if (waitsForGate(record)) {
    return { ...describeReason(record, ""), position: null, estimatedStart: null };
  }
  if (place?.kind === "later") {
    const again = `lrq tries it again from ${isoOf(place.dueAtMs)}.`;
    const held = describeHold(record.libraryHold, again);
    return {
      ...(held ?? unansweredIn(record, again) ?? describeReason(record, again)),
      position: null,
      estimatedStart: isoOf(place.dueAtMs),
    };
  }
  if (place?.kind === "behind") {
    return { ...describeReason(record, ""), position: null, estimatedStart: null };
  }
  const ahead = queue.positions.get(record.sequenceId) ?? null;
  const { lane } = rankOf(record);
  const startMs =
    ahead === null || queue.budget === null
      ? null
      : forecastStartMs(queue.budget, { lane, ahead }, queue.nowMs, queue.limits);
  const why = lackingFacts(record, shared(queue, lane));
  return {
    ...why,
    detail: unansweredIn(record, why.detail)?.detail ?? why.detail,
    position: ahead === null ? null : ahead + 1,
    estimatedStart: startMs === null ? null : isoOf(Math.ceil(startMs / STEP_MS) * STEP_MS),
  };
}

/** Nothing else is in its way, but its machine is known only by the word of the sender. */
function lackingFacts({ machineFacts }: SequenceRecord, why: Why): Why {
  if (why.code !== "next" || machineFacts !== null) return why;
  const detail = "Before lrq sends anything, Defender has to say what the machine is; lrq asks it.";
  return { code: "facts", detail };
}

/**
 * For a sequence at Defender while nothing shows what its action does: why, and what lrq does about
 * it. Null while a list shows it.
 */
export function describeUnseen(record: SequenceRecord, { budget }: Queue): WaitView | null {
  const why = (budget === null ? null : unseenIn(record, budget)) ?? unlisted(record, budget);
  return why === null ? null : { ...why, position: null, estimatedStart: null };
}

type Why = Pick<WaitView, "code" | "detail">;

/** Defender shows us no action at all. */
function unseenIn(record: SequenceRecord, budget: Budget): Why | null {
  const lockout = describeLockout(budget);
  const isBlind = lockout?.call === "token" || lockoutOf(budget, "list") !== null;
  if (lockout === null || !isBlind || !holdsSession(record)) return null;
  const until = `If this does not change, it ends after ${isoOf(record.expiresAtMs)} as not known.`;
  const detail = `${lockoutInWords(lockout)} ${lockout.remedy} ${until}`;
  return { code: "lockedOut", detail };
}

/** Its own action is in no list yet, or nobody knows whether there is one. */
function unlisted(record: SequenceRecord, budget: Budget | null): Why | null {
  if (record.state === "unconfirmed") {
    const then = "lrq looks for its action, and tries again if Defender does not list it.";
    return unansweredIn(record, then);
  }
  const session = budget?.sessions.find((each) => each.sequenceId === record.sequenceId);
  const isNew = record.state === "submitted" && session !== undefined && session.seen === undefined;
  // Without its mark an action is not recognized in a list, only missed.
  if (!isNew || (record.unmarked && session.missedMs === undefined)) return null;
  const detail = `Defender took it as action ${record.actionId}, and no list has shown that yet.`;
  return { code: "notListed", detail };
}

/** What came instead of Defender's answer to its latest POST; null if that is settled. */
function unansweredIn({ unanswered, part, attempt }: SequenceRecord, then: string): Why | null {
  if (unanswered?.part !== part || unanswered.attempt !== attempt) return null;
  const detail = `Its POST got no answer of Defender's: ${unanswered.detail}. ${then}`;
  return { code: "unanswered", detail };
}

/** What the library has to do with it; null if the library does not hold it back. */
function describeHold(hold: SequenceRecord["libraryHold"], then: string): Why | null {
  if (hold === null) return null;
  const since = isoOf(hold.sinceMs);
  if (hold.code === "libraryUnknown") {
    const detail = `Since ${since} Defender does not say what the library has: ${hold.detail} ${then}`;
    return { code: hold.code, detail };
  }
  const { file, pinned, listed } = hold;
  const is = listed === null ? "is not in the library" : `is ${listed} in the library`;
  const wanted = pinned === null ? "it has no pin" : `its pin is ${pinned}`;
  return { code: hold.code, detail: `${file} ${is} since ${since}, and ${wanted}. ${then}` };
}

/** The sequence's own reason, in words. A sequence of another run may be of another team. */
function describeReason(
  { reason, runId }: Pick<SequenceRecord, "reason" | "runId">,
  then: string,
): Why {
  switch (reason?.code) {
    case "machineHeld":
      return {
        code: "machineHeld",
        detail: reason.sequenceId.startsWith(`${runId}.`)
          ? `Our sequence ${reason.sequenceId} holds the machine.`
          : "A sequence of another run holds the machine.",
      };
    case "machineBusy":
      return {
        code: "machineBusy",
        detail: `Somebody else has a live response session on the machine. ${then}`,
      };
    case "offline":
      return {
        code: "offline",
        detail: `The machine has not answered since ${isoOf(reason.sinceMs)}. ${then}`,
      };
    case "lockedOut":
      return {
        code: "lockedOut",
        detail: `Defender lets lrq reach no machine: ${reason.detail} ${then}`,
      };
    case "approval":
      return {
        code: "approval",
        detail: "It waits for an approval; the run says who can approve it, and until when.",
      };
    case "canary":
      return {
        code: "canary",
        detail: "It waits for the first sequences of its run to succeed.",
      };
    case "runPaused":
      return {
        code: "runPaused",
        detail: "Its run has paused itself; resume the run, or cancel it.",
      };
    case undefined:
      return { code: "notBefore", detail: then };
  }
}

/** The reason that all ready sequences of a lane share. */
function shared({ budget, nowMs, limits }: Queue, lane: Lane): Why {
  if (budget === null) {
    const detail = "This version of the app cannot read the budget, and submits nothing.";
    return { code: "setAside", detail };
  }
  if (budget.paused !== null) {
    const { by, why } = budget.paused;
    return { code: "paused", detail: `Paused by ${by}: ${why}` };
  }
  const lockout = describeLockout(budget);
  if (lockout !== null) {
    return { code: "lockedOut", detail: `${lockoutInWords(lockout)} ${lockout.remedy}` };
  }
  const verdict = admit(budget, nowMs, limits);
  switch (verdict.kind) {
    case "wait":
      return verdict.why === "door"
        ? atDoor(budget)
        : { code: "token", detail: `All ${limits.callsPerWindow} calls of the window are used.` };
    case "full":
      return { code: "session", detail: "All live response sessions of the tenant are taken." };
    case "unwatched":
      return {
        code: "unwatched",
        detail: "It goes after Defender has listed the latest starts.",
      };
    case "go":
      return lane !== URGENT_LANE && verdict.lowerRoom === 0
        ? { code: "session", detail: "The free sessions are reserved for urgent work." }
        : { code: "next", detail: "It goes after the sequences in front of it." };
    case "lockedOut":
    case "paused":
      return { code: "next", detail: "It goes after the sequences in front of it." };
  }
}

function atDoor({ door }: Budget): Why {
  return door.closedBy === "unreachable"
    ? {
        code: "unreachable",
        detail: "No connection to Defender is ready in time; lrq tries one every few seconds.",
      }
    : { code: "throttled", detail: "Defender asked lrq to wait; all submissions wait." };
}
