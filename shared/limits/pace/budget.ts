import { z } from "zod";
import { queueHeadSchema, FIRST_HEAD } from "../../ledger/run/chain-head.ts";
import type { Limits } from "./limits.ts";
import { guardMs, listLagMs, listLagSchema, NO_LAG } from "./list-lag.ts";
import { lockoutSchema } from "./lockout.ts";
import { impersonatorSchema, NO_STRANGERS } from "./impersonators.ts";
import { lostPostSchema, unseenSince } from "./lost-posts.ts";
import { FIRST_MEAN, withSession } from "./mean-session.ts";
import { renewed, sessionSchema, type Session } from "./session.ts";
import { stamped, takenSlots, unreserved } from "./window.ts";
import { fineInstant } from "../../ledger/row/instant.ts";
import { rowObject } from "../../ledger/row/row-object.ts";
import { libraryNoteSchema, withEnded } from "../library/note.ts";

/**
 * The tenant-wide row of limits. It changes only by compare-and-swap, in one transaction with what
 * the change is for. Times are epoch milliseconds of the table service's clock; 0 is never.
 */
export const budgetSchema = rowObject({
  v: z.literal(1),
  slots: z.array(
    rowObject({
      sequenceId: z.string(),
      reservedAtMs: fineInstant,
      stampedAtMs: fineInstant.nullable(),
    }),
  ),
  /** Our own open sessions: claimed, unconfirmed and submitted sequences. */
  sessions: z.array(sessionSchema),
  /** Open live response actions of others, as last listed. */
  foreign: z.number().int().nonnegative(),
  /** Those of them that are older than what each poll lists: Pending for a long time. */
  foreignOld: z.number().int().nonnegative(),
  /**
   * The sessions that the tenant has shown to take, if fewer than the setting; grows again by
   * itself.
   */
  learnedSessions: z.number().int().positive().nullable(),
  /** The time from which it grows. */
  learnedAtMs: fineInstant,
  /** When a session of ours was last opened, if known. */
  openedAtMs: fineInstant.default(0),
  door: rowObject({
    closedUntilMs: fineInstant,
    /** The number of 429s in a row that named no time. */
    step: z.number().int().nonnegative(),
    /** True until one POST has succeeded after a closure. Until then POSTs go one at a time. */
    untried: z.boolean(),
    last429AtMs: fineInstant,
    /**
     * True if the last 429 came while our own calls were fewer than the limit. Then others use the
     * quota, too.
     */
    othersSuspected: z.boolean(),
    /** What closed it last: a 429, or a POST that could not leave. */
    closedBy: z.enum(["throttled", "unreachable"]).default("throttled"),
    /** True if those who follow the queue were told of this closure; it counts while `untried`. */
    throttleTold: z.boolean().default(false),
  }),
  paused: rowObject({ by: z.string(), why: z.string(), atMs: fineInstant }).nullable(),
  /** When the one outstanding bell is due; a time in the past means no bell. */
  bellDueAtMs: fineInstant,
  /** The driver, and until when it promises to come back. */
  driver: rowObject({ hostId: z.string(), untilMs: fineInstant }).nullable(),
  /** Pass of the last dispatch; a newly accepted sequence joins there. */
  pass: z.number().int().nonnegative(),
  /** Dispatches in a row that went by rank; every fifth goes to the one that has waited longest. */
  byRank: z.number().int().nonnegative(),
  /** The next time at which a lower lane may go, if more wait than have room. */
  paceAtMs: fineInstant,
  /** When the open actions were last listed, and by whom: that process keeps the poller's lease. */
  polledAtMs: fineInstant,
  polledBy: z.string().nullable().default(null),
  /** When Defender last gave us its list, and its pages; none has shown what was claimed since. */
  listedAtMs: fineInstant.default(0),
  listPages: z.number().int().positive().optional(),
  /** The calls that Defender refuses to the app itself; lockout.ts. */
  lockouts: z.array(lockoutSchema).default([]),
  /** When the waiting sequences were last searched for expired ones. */
  expiredAtMs: fineInstant.default(0),
  /** Mean length of the last sessions, for the forecast. */
  meanSessionMs: z.number().positive(),
  sessionsMeasured: z.number().int().positive().default(FIRST_MEAN.sessionsMeasured),
  /** How long each of the last machines that began was seen Pending; patience.ts. */
  pickups: z.array(z.number().nonnegative()).default([]),
  /** The longest time that lists have lately taken to show an action of ours; list-lag.ts. */
  listLag: listLagSchema.default(NO_LAG),
  /** POSTs given up without an answer, whose actions may still show; lost-posts.ts. */
  lost: z.array(lostPostSchema).default([]),
  /** What Defender has called us, last first. */
  requestors: z.array(z.string()).default([]),
  /** Actions with a mark of ours that are not ours; impersonators.ts. */
  impersonators: z.array(impersonatorSchema).default([]),
  /** Dispatches since the last retry of an offline machine. */
  sinceRetry: z.number().int().nonnegative().default(0),
  /** What the library was last seen to hold; null if nobody has asked. */
  library: libraryNoteSchema.nullable().default(null),
  /** Rows that a version of the app could not read, and since when; store/set-aside.ts. */
  setAside: z
    .array(rowObject({ key: z.string(), why: z.string(), sinceMs: fineInstant }))
    .default([]),
  /** The end of the audit log of the queue: its records are written with the decisions. */
  audit: queueHeadSchema,
});

export type Budget = z.infer<typeof budgetSchema>;

/** A learned cap grows by one after each such time without a 429. */
export const CAP_CREEP_MS = 300_000;

export const FIRST_BUDGET: Budget = {
  v: 1,
  slots: [],
  sessions: [],
  foreign: 0,
  foreignOld: 0,
  learnedSessions: null,
  learnedAtMs: 0,
  openedAtMs: 0,
  door: {
    closedUntilMs: 0,
    step: 0,
    untried: false,
    last429AtMs: 0,
    othersSuspected: false,
    closedBy: "throttled",
    throttleTold: false,
  },
  paused: null,
  bellDueAtMs: 0,
  driver: null,
  pass: 0,
  byRank: 0,
  paceAtMs: 0,
  polledAtMs: 0,
  polledBy: null,
  listedAtMs: 0,
  lockouts: [],
  expiredAtMs: 0,
  ...FIRST_MEAN,
  pickups: [],
  listLag: NO_LAG,
  lost: [],
  ...NO_STRANGERS,
  sinceRetry: 0,
  library: null,
  setAside: [],
  audit: FIRST_HEAD,
};

/**
 * The budget with the present session in the place of the old one. A session that has just been
 * opened shows that this many fit, so a learned cap that was too low rises.
 */
export function holdSession(budget: Budget, session: Session): Budget {
  const { sequenceId, glance } = session;
  const before = budget.sessions.find((each) => each.sequenceId === sequenceId);
  const others = budget.sessions.filter((each) => each !== before);
  const next = { ...budget, sessions: [...others, renewed(before, session)] };
  if (glance?.state !== "submitted" || before?.glance?.state === "submitted") return next;
  const openedAtMs = Math.max(budget.openedAtMs, glance.submittedAtMs ?? 0);
  if (next.learnedSessions === null) return { ...next, openedAtMs };
  return { ...next, openedAtMs, learnedSessions: Math.max(next.learnedSessions, openNow(next)) };
}

/** Sessions that are certainly open at once; so many fit. */
function openNow({ sessions, foreign }: Budget): number {
  return sessions.filter(({ glance }) => glance?.state !== "claimed").length + foreign;
}

/**
 * Slot and session for a sequence before its POST; `latestMs`, because the slot must not look older
 * than it is.
 */
export function reserve(budget: Budget, session: Session, latestMs: number): Budget {
  const { sequenceId } = session;
  const slot = { sequenceId, reservedAtMs: latestMs, stampedAtMs: null };
  return holdSession({ ...budget, slots: [...budget.slots, slot] }, session);
}

/**
 * The answer is in: its slot counts from now. It is the slot reserved at `reservedAtMs`, or else
 * the newest of the sequence.
 */
export function stamp(
  budget: Budget,
  sequenceId: string,
  latestMs: number,
  reservedAtMs: number | null,
): Budget {
  return { ...budget, slots: stamped(budget.slots, sequenceId, latestMs, reservedAtMs) };
}

/** The POST certainly never left: its slot, found as in `stamp`, is free again. */
export function unreserve(budget: Budget, sequenceId: string, reservedAtMs: number | null): Budget {
  return { ...budget, slots: unreserved(budget.slots, sequenceId, reservedAtMs) };
}

/**
 * The session is over; its length, if known, joins the mean. If it used library files, the next
 * list shows whether one of them was changed meanwhile.
 */
export function releaseSession(
  budget: Budget,
  sequenceId: string,
  lengthMs: number | null,
): Budget {
  const over = budget.sessions.find((each) => each.sequenceId === sequenceId);
  const sessions = budget.sessions.filter((each) => each !== over);
  const { library: note } = budget;
  const library = over?.usesLibrary === true ? withEnded(note, sequenceId) : note;
  const mean = lengthMs === null ? {} : withSession(budget, lengthMs);
  return { ...budget, sessions, library, ...mean };
}

/** The budget without slots that no longer count, so that the row stays small. */
export function tidied(budget: Budget, earliestMs: number, limits: Limits): Budget {
  return { ...budget, slots: takenSlots(budget.slots, earliestMs, limits) };
}

/**
 * Sessions that lrq allows the whole tenant: the setting; or the learned number (the open ones if
 * they are more), plus what it has grown since.
 */
export function sessionCap(budget: Budget, nowMs: number, limits: Limits): number {
  if (budget.learnedSessions === null) return limits.maxSessions;
  const crept = Math.max(0, Math.floor((nowMs - budget.learnedAtMs) / CAP_CREEP_MS));
  const fit = Math.max(budget.learnedSessions, openNow(budget));
  return Math.min(limits.maxSessions, fit + crept);
}

/**
 * Sessions that could still be opened; never negative. A POST that was given up because an earlier
 * one had an action may have one, too, until it is older than the guard time.
 */
export function freeSessions(budget: Budget, nowMs: number, limits: Limits): number {
  const { sessions, foreign, lost } = budget;
  const maybe = unseenSince(lost, nowMs - guardMs(listLagMs(budget, nowMs), limits));
  const used = sessions.length + foreign + maybe;
  return Math.max(0, sessionCap(budget, nowMs, limits) - used);
}
