import { z } from "zod";
import { chainHeadSchema, FIRST_HEAD } from "../../ledger/run/chain-head.ts";
import type { Limits } from "./limits.ts";
import { listLagSchema, NO_LAG } from "./list-lag.ts";
import { lockoutSchema } from "./lockout.ts";
import { lostPostSchema } from "./lost-posts.ts";
import { FIRST_MEAN, withSession } from "./mean-session.ts";
import { renewed, sessionSchema, type Session } from "./session.ts";
import { stamped, takenSlots, unreserved } from "./window.ts";
import { fineInstant } from "../../ledger/row/instant.ts";
import { rowObject } from "../../ledger/row/row-object.ts";

/**
 * The tenant-wide rate token: one row, changed only by compare-and-swap, and together with whatever
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
  /** Open live response actions that are not ours, as last listed. */
  foreign: z.number().int().nonnegative(),
  /** Those of them that are older than what each poll lists: Pending for long. */
  foreignOld: z.number().int().nonnegative(),
  /** What the tenant has shown it takes, when that is less than the setting; creeps up again. */
  learnedSessions: z.number().int().positive().nullable(),
  /** From when on it creeps. */
  learnedAtMs: fineInstant,
  /** When a session of ours was last opened, as far as it is known. */
  openedAtMs: fineInstant.default(0),
  door: rowObject({
    closedUntilMs: fineInstant,
    /** 429s in a row without a word on how long. */
    step: z.number().int().nonnegative(),
    /** True until one POST has got through after a closure: so long, one goes at a time. */
    untried: z.boolean(),
    last429AtMs: fineInstant,
    /**
     * True if the last 429 came while our own calls were fewer than the limit: others use the quota
     * too.
     */
    othersSuspected: z.boolean(),
    /** What closed it last: a 429, or that a POST could not leave. */
    closedBy: z.enum(["throttled", "unreachable"]).default("throttled"),
  }),
  paused: rowObject({ by: z.string(), why: z.string(), atMs: fineInstant }).nullable(),
  /** When the one outstanding bell is due; in the past, no bell is outstanding. */
  bellDueAtMs: fineInstant,
  /** Who sits the waits out, and until when they promise to. */
  driver: rowObject({ hostId: z.string(), untilMs: fineInstant }).nullable(),
  /** Pass of the last dispatch: where a newly accepted sequence joins. */
  pass: z.number().int().nonnegative(),
  /** Dispatches in a row that went by rank; every fifth goes to the longest waiting. */
  byRank: z.number().int().nonnegative(),
  /** Lower lanes may go next at this time, when more wait than have room. */
  paceAtMs: fineInstant,
  /** When the open actions were last listed: two polls at once would spend twice. */
  polledAtMs: fineInstant,
  /** Who listed them: it keeps the poller's lease, unless it is overdue. */
  polledBy: z.string().nullable().default(null),
  /** When Defender last gave us its list: what was claimed since then nobody has seen yet. */
  listedAtMs: fineInstant.default(0),
  /** What Defender refuses us as such; lockout.ts. */
  lockouts: z.array(lockoutSchema).default([]),
  /** When what waits was last looked through for what has expired. */
  expiredAtMs: fineInstant.default(0),
  /** Mean length of a session of late, for the forecast. */
  meanSessionMs: z.number().positive(),
  sessionsMeasured: z.number().int().positive().default(FIRST_MEAN.sessionsMeasured),
  /** Of the last machines that began, for how long each was seen Pending; patience.ts. */
  pickups: z.array(z.number().nonnegative()).default([]),
  /** How long lists took to show an action of ours, at most, of late; list-lag.ts. */
  listLag: listLagSchema.default(NO_LAG),
  /** POSTs given up without an answer, whose actions may still show; lost-posts.ts. */
  lost: z.array(lostPostSchema).default([]),
  /** Dispatches since the last retry of an offline machine. */
  sinceRetry: z.number().int().nonnegative().default(0),
  /** Rows that a version of the app could not read, and since when; store/set-aside.ts. */
  setAside: z
    .array(rowObject({ key: z.string(), why: z.string(), sinceMs: fineInstant }))
    .default([]),
  /** The end of the audit log of the queue: its records are written with the decisions. */
  audit: chainHeadSchema,
});

export type Budget = z.infer<typeof budgetSchema>;

/** A learned cap creeps up by one after each this long without a 429. */
export const CAP_CREEP_MS = 300_000;
const UNREACHABLE_REST_MS = 5_000;

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
  sinceRetry: 0,
  setAside: [],
  audit: FIRST_HEAD,
};

/**
 * The session as it stands now, in the place of what the budget knew of it. One that has just been
 * opened shows that so many fit: a cap that was learned too low rises with it.
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

/** Sessions of which it is known that they are open at once: so many fit. */
function openNow({ sessions, foreign }: Budget): number {
  return sessions.filter(({ glance }) => glance?.state !== "claimed").length + foreign;
}

/**
 * Slot and session for a sequence about to be posted; `latestMs` because the grant must not look
 * older than it is.
 */
export function reserve(budget: Budget, session: Session, latestMs: number): Budget {
  const { sequenceId } = session;
  const slot = { sequenceId, reservedAtMs: latestMs, stampedAtMs: null };
  return holdSession({ ...budget, slots: [...budget.slots, slot] }, session);
}

/**
 * The answer is in: its slot, the one reserved at `reservedAtMs` or else the newest of the
 * sequence, runs from now.
 */
export function stamp(
  budget: Budget,
  sequenceId: string,
  latestMs: number,
  reservedAtMs: number | null,
): Budget {
  return { ...budget, slots: stamped(budget.slots, sequenceId, latestMs, reservedAtMs) };
}

/** The POST certainly never left: its slot, found as `stamp` finds it, is as good as new. */
export function unreserve(budget: Budget, sequenceId: string, reservedAtMs: number | null): Budget {
  return { ...budget, slots: unreserved(budget.slots, sequenceId, reservedAtMs) };
}

/** The session is over; its length, if known, joins the mean. */
export function releaseSession(
  budget: Budget,
  sequenceId: string,
  lengthMs: number | null,
): Budget {
  const sessions = budget.sessions.filter((each) => each.sequenceId !== sequenceId);
  return { ...budget, sessions, ...(lengthMs === null ? {} : withSession(budget, lengthMs)) };
}

/** Without the slots that no longer count, so that the row stays small. */
export function tidied(budget: Budget, earliestMs: number, limits: Limits): Budget {
  return { ...budget, slots: takenSlots(budget.slots, earliestMs, limits) };
}

/**
 * Something got through: the door is open, whatever the answer was otherwise. An answer that came
 * (`latestMs`) while the door was closed is to a POST sent before, and says nothing of the door
 * now.
 */
export function openDoor(budget: Budget, latestMs: number): Budget {
  if (latestMs < budget.door.closedUntilMs) return budget;
  return { ...budget, door: { ...budget.door, step: 0, untried: false } };
}

/**
 * A POST could not leave, and costs no call. The next would fare like it, and each try is two
 * transactions: the door closes for a moment, and then one goes first.
 */
export function couldNotLeave(budget: Budget, latestMs: number): Budget {
  const closedUntilMs = latestMs + UNREACHABLE_REST_MS;
  if (closedUntilMs <= budget.door.closedUntilMs) return budget;
  const door = { ...budget.door, closedUntilMs, untried: true, closedBy: "unreachable" } as const;
  return { ...budget, door };
}

/**
 * Sessions we allow the whole tenant: the setting; or what was learned, or is open by now if that
 * is more, crept up since.
 */
export function sessionCap(budget: Budget, nowMs: number, limits: Limits): number {
  if (budget.learnedSessions === null) return limits.maxSessions;
  const crept = Math.max(0, Math.floor((nowMs - budget.learnedAtMs) / CAP_CREEP_MS));
  const fit = Math.max(budget.learnedSessions, openNow(budget));
  return Math.min(limits.maxSessions, fit + crept);
}

/** Sessions that could still be opened; never negative. */
export function freeSessions(budget: Budget, nowMs: number, limits: Limits): number {
  const used = budget.sessions.length + budget.foreign;
  return Math.max(0, sessionCap(budget, nowMs, limits) - used);
}
