import { LANES, type Lane } from "../../plan/lane.ts";
import { family, type KeyRange } from "./key-range.ts";
import { INSTANT_DIGITS, newestFirst, padded } from "./padded.ts";

/**
 * The row keys of the ledger; all are built and read here. Keys sort as text, so their numbers are
 * padded. Rows that are read together have neighbouring keys, so one query reads them.
 */
const PASS_DIGITS = 12;

/** The budget: its key sorts right before the ready rows, because they are read together. */
export const RATE_TOKEN_KEY = "rate-token";
/**
 * The note of a pause by somebody who could not read the budget. It is read together with the
 * budget and the ready rows.
 */
export const RATE_TOKEN_PAUSED_KEY = "rate-token!paused";
/**
 * Calls spent on lists, result links and look-ups, and the times of the last polls; its key is
 * outside `OUTSTANDING`.
 */
export const ASKED_KEY = "asked";

/** How many machines were accepted today, of each caller and of everybody. */
export const CAPS_KEY = "caps";

export const READY = family("ready");
export const LATER = family("later");
export const BEHIND = family("behind");
export const MACHINE = family("machine");
export const OWED = family("owed");
/** Notes that the gate of a run has changed and that its waiting sequences have to be moved. */
export const OPENING = family("opening");
/** Pointers to intake rows. The intake rows are outside `OUTSTANDING`, because they are big. */
export const PLANNED = family("planned");
/** Notes that a run is over and still has to be sealed. */
export const OVER = family("over");
export const RUN = family("run");
/** Summaries of runs, of all teams, the newest first; outside `OUTSTANDING`. */
export const SUMMARY = family("summary");
/** The same of runs that are not finished. */
export const RUNNING = family("running");
/** Callbacks that are owed: in `news!` those of events that an older release does not know. */
export const NOTICE: KeyRange = { from: family("news").from, before: family("notice").before };
/** So begin their ids. */
export const NEWS_ID = "new_";
export const DEAD = family("dead");
/** The budget, then the ready rows, the next to go first. */
export const QUEUE_HEAD: KeyRange = { from: RATE_TOKEN_KEY, before: READY.before };
/**
 * Everything that is not settled: later!, machine!, news!, notice!, opening!, over!, owed!,
 * planned!, the budget and ready! are neighbours. While there is only the budget, nothing is due.
 */
export const OUTSTANDING: KeyRange = { from: LATER.from, before: READY.before };

export function laneRange(lane: Lane): KeyRange {
  return family(`ready!${lane}`);
}

export function behindRange(machineId: string): KeyRange {
  return family(`behind!${machineId}`);
}

/** What a machine has been sent, the newest first. */
export function historyOf(machineId: string): KeyRange {
  return family(`history!${machineId}`);
}

/** Machines whose names begin with this label, by the hash of it. */
export function hostnamesOf(labelHash: string): KeyRange {
  return family(`hostname!${labelHash}`);
}

export function sequencesOf(runId: string): KeyRange {
  return { from: `sequence!${runId}.`, before: `sequence!${runId}/` };
}

/** Sequences of a run that were accepted and do not have their own rows yet. */
export function intakesOf(runId: string): KeyRange {
  return family(`intake!${runId}`);
}

export function custodyOf(runId: string): KeyRange {
  return family(`custody!${runId}`);
}

/** The seals of a run, the first one first, each with its pieces in their order. */
export function sealsOf(runId: string): KeyRange {
  return family(`seal!${runId}`);
}

/** Summaries of the runs of a team, the newest first; "" for runs that belong to every team. */
export function summariesOf(team: string): KeyRange {
  return family(`team!${team}`);
}

/** Notes that the gate of this run has changed. */
export function openingsOf(runId: string): KeyRange {
  return family(`opening!${runId}`);
}

/** An audit log: that of the queue, or that of a run by its id. */
export function auditOf(chain: string): KeyRange {
  return family(`audit!${chain}`);
}

/** The rows that are due at `dueAtMs` or earlier. */
export function dueBy(dueAtMs: number): KeyRange {
  return { from: LATER.from, before: `later!${padded(dueAtMs + 1, INSTANT_DIGITS)}` };
}

/** The callbacks that are due by then: two ranges. */
export function noticesDueBy(dueAtMs: number): readonly KeyRange[] {
  const due = padded(dueAtMs + 1, INSTANT_DIGITS);
  return ["news!", "notice!"].map((from) => ({ from, before: `${from}${due}` }));
}

export function deadOf(runId: string): KeyRange {
  return family(`dead!${runId}`);
}

/** Rank first: the smallest key goes next. */
export function readyKey(lane: Lane, pass: number, sequenceId: string): string {
  return `ready!${lane}!${padded(pass, PASS_DIGITS)}!${sequenceId}`;
}

export function laterKey(dueAtMs: number, sequenceId: string): string {
  return `later!${padded(dueAtMs, INSTANT_DIGITS)}!${sequenceId}`;
}

export function behindKey(machineId: string, lane: Lane, pass: number, sequenceId: string): string {
  return `behind!${machineId}!${lane}!${padded(pass, PASS_DIGITS)}!${sequenceId}`;
}

export const sequenceKey = (sequenceId: string): string => `sequence!${sequenceId}`;
export const machineKey = (machineId: string): string => `machine!${machineId}`;
export const runKey = (runId: string): string => `run!${runId}`;
/** How far reconcile has compared the runs with their summaries. */
export const SUMMARIES_KEY = "summaries";
/** What an `Idempotency-Key` was used for, by its hash. */
export const keyKey = (keyHash: string): string => `key!${keyHash}`;
export const owedKey = (sequenceId: string): string => `owed!${sequenceId}`;
export const custodyKey = (runId: string, number: number): string =>
  `custody!${runId}!${padded(number, 8)}`;
export const auditKey = (chain: string, number: number): string =>
  `audit!${chain}!${padded(number, 10)}`;
/** One change of the gate of a run; each change has its number. */
export const openingKey = (runId: string, number: number): string =>
  `opening!${runId}!${padded(number, 6)}`;
/** A run that is over, and the number of the seal that it is to have. */
export const overKey = (runId: string, number: number): string =>
  `over!${runId}!${padded(number, 6)}`;
/** A piece of a seal, counted from 0; `of` is the hash of its text if no transaction takes it. */
export const sealKey = (runId: string, number: number, piece: number, of = ""): string =>
  `seal!${runId}!${padded(number, 6)}!${of === "" ? "" : `${of}.`}${padded(piece, 4)}`;
/** `number` is how many sequences of the run were accepted before, so each intake has another. */
export const intakeKey = (runId: string, number: number): string =>
  `intake!${runId}!${padded(number, 8)}`;
/** The pointer by which the poll finds the intake row of this number. */
export const plannedKey = (runId: string, number: number): string =>
  `planned!${runId}!${padded(number, 8)}`;
/** `dueAtMs` is when the poll rings for it, unless its key has changed before. */
export const noticeKey = (dueAtMs: number, noticeId: string): string =>
  noticeId.startsWith(NEWS_ID)
    ? newsKey(dueAtMs, noticeId)
    : `notice!${padded(dueAtMs, INSTANT_DIGITS)}!${noticeId}`;
export const newsKey = (dueAtMs: number, noticeId: string): string =>
  `news!${padded(dueAtMs, INSTANT_DIGITS)}!${noticeId}`;
/** What a key of a summary ends with, in each of its families: the newest run sorts first. */
export const placeOfRun = (requestedAtMs: number, runId: string): string =>
  `${newestFirst(requestedAtMs)}!${runId}`;
export const summaryKey = (place: string): string => `summary!${place}`;
export const teamKey = (team: string, place: string): string => `team!${team}!${place}`;
export const runningKey = (place: string): string => `running!${place}`;
export const historyKey = (machineId: string, acceptedAtMs: number, sequenceId: string): string =>
  `history!${machineId}!${newestFirst(acceptedAtMs)}!${sequenceId}`;
export const hostnameKey = (labelHash: string, machineId: string): string =>
  `hostname!${labelHash}!${machineId}`;
export const deadKey = (runId: string, noticeId: string): string => `dead!${runId}!${noticeId}`;

/**
 * The sequence of a record or an index row (ready, later, behind, owed): the last part of its key.
 */
export const sequenceIdIn = lastPartOf;

/** The notice of a row, owed or dead. */
export const noticeIdIn = lastPartOf;
/** When a notice that is owed is due, in epoch milliseconds. */
export const noticeDueAtMsIn = (noticeRowKey: string): number => Number(ownerIn(noticeRowKey));

/** The machine in the key of a lease. */
export const machineIdIn = ownerIn;

/** The machine in the key of a name. */
export const machineIdOfHostname = lastPartOf;

/** The number of a record in its log. */
export const auditNumberIn = (auditRowKey: string): number => Number(auditRowKey.split("!")[2]);

/** The pass in a ready key; lower has waited longer. */
export function passIn(readyRowKey: string): number {
  return Number(readyRowKey.split("!")[2]);
}

/** The run whose gate has changed. */
export const runIdOfOpening = ownerIn;

/** The run that is over. */
export const runIdOfOver = ownerIn;

/** The seal that a piece is of: its number; and its hash, or null if its key does not tell. */
export function sealIn(sealRowKey: string): {
  readonly number: number;
  readonly hash: string | null;
} {
  const [, , number, piece = ""] = sealRowKey.split("!");
  const [hash = "", counted = null] = piece.split(".");
  return { number: Number(number), hash: counted === null ? null : hash };
}

/** The run of an intake row, by the key of its pointer. */
export const runIdOfPlanned = ownerIn;

/** The pointer to an intake row. */
export function plannedKeyFor(intakeRowKey: string): string {
  return `planned!${intakeRowKey.slice("intake!".length)}`;
}

/** The machine in a behind key. */
export const machineIdBehind = ownerIn;

/** The lane in a ready key. */
export function laneIn(readyRowKey: string): Lane {
  const lane = LANES.find((candidate) => `${candidate}` === readyRowKey.split("!")[1]);
  if (lane === undefined) throw new Error(`not a ready key: ${readyRowKey}`);
  return lane;
}

function lastPartOf(key: string): string {
  return key.slice(key.lastIndexOf("!") + 1);
}

/** The id in a row's key: the first part after its family. */
function ownerIn(key: string): string {
  return key.split("!")[1] ?? "";
}
