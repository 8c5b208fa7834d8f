import { createHash } from "node:crypto";
import { z } from "zod";
import { instant } from "../row/instant.ts";
import { RUN_EVENTS } from "../../incident/incident.ts";
import { NEWS_ID, noticeKey } from "../row/keys.ts";
import type { RowChange } from "../sequence/rows.ts";
import { rowObject } from "../row/row-object.ts";
import { aboutSchema, type About } from "./about.ts";

/** The events of a run: it was accepted, one sequence ended, all of them have ended. */
const FIRST_EVENTS = ["run.accepted", "sequence.ended", "run.finished"] as const;

/**
 * Events of a run that came later: it waits for an approval, it has paused itself, the library
 * holds it back. A release that does not know them must still read the rows of runs and notices. So
 * targets name these events in a field of their own, and their notices are in rows of their own.
 */
type LaterEvent = Exclude<(typeof RUN_EVENTS)[number], (typeof FIRST_EVENTS)[number]>;

/** The events of the whole queue: somebody pauses or resumes it, Defender keeps it out. */
export const QUEUE_EVENTS = ["queue.paused", "queue.throttled"] as const;
/** The events of a sweep: a round has ended and reached too few machines. */
const SWEEP_EVENTS = ["sweep.short"] as const;
/** The events that are about no run. */
export const NEWS_EVENTS = [...QUEUE_EVENTS, ...SWEEP_EVENTS] as const;
type NewsEvent = (typeof NEWS_EVENTS)[number];

export const CALLBACK_EVENTS = [...RUN_EVENTS, ...NEWS_EVENTS] as const;
export type CallbackEvent = (typeof CALLBACK_EVENTS)[number];

/** The events for a target that names none. It has had no others since the first release. */
export const DEFAULT_EVENTS: readonly CallbackEvent[] = ["run.accepted", "run.finished"];

/** In the place of a run's id, for what is about no run. */
export const OF_NO_RUN = "queue";

/** How a callback is written: our own message, or that of a system without webhooks. */
export const CALLBACK_SHAPES = ["generic", "servicenow", "jira", "sentinel"] as const;

/**
 * One who is told of a run. Its address and secrets stay in the settings and are looked up by
 * caller and id at each sending. Only an address that came with the request is kept here. It is
 * never shown, because its query can be a secret.
 */
export const targetSchema = rowObject({
  targetId: z.string(),
  from: z.enum(["setting", "request", "sentinel"]),
  caller: z.string(),
  shape: z.enum(CALLBACK_SHAPES),
  /** What people are shown of the address. */
  host: z.string(),
  url: z.string().nullable(),
  /** For a comment in Sentinel the incident it goes to; null is that of the run. */
  armId: z.string().nullable().default(null),
  events: z.array(z.enum(FIRST_EVENTS)),
  /** The other events that it wants; a release passes over those that it does not know. */
  later: z.array(z.string()).default([]),
  /** The last delivery, and how many tries it took. */
  delivered: rowObject({ atMs: instant, tries: z.number().int() }).nullable(),
  /** When it answered 410: it wants nothing more of this run. */
  endedAtMs: instant.nullable(),
});
export type CallbackTarget = z.infer<typeof targetSchema>;

/** A message that is owed to one target. The row is written in the transaction of its event. */
export const noticeSchema = rowObject({
  v: z.literal(1),
  /** Also the message's `webhook-id`: the same for every try. */
  noticeId: z.string(),
  /** The run, or `OF_NO_RUN`. */
  runId: z.string(),
  /** Empty if it is for all who follow what it is about; each of them then gets its own. */
  targetId: z.string(),
  event: z.enum(CALLBACK_EVENTS),
  sequenceId: z.string().nullable(),
  /** What happened, for later events; null for the first three, which tell of the run as it is. */
  about: aboutSchema.nullable().default(null),
  /** When the event happened. */
  atMs: instant,
  tries: z.number().int(),
  /** The result of the last try, in words without an address. */
  said: z.string().nullable(),
});
export type Notice = z.infer<typeof noticeSchema>;

/** A notice that was tried for the last time. */
export const deadNoticeSchema = noticeSchema.extend({ host: z.string(), diedAtMs: instant });
export type DeadNotice = z.infer<typeof deadNoticeSchema>;

/**
 * The most targets of one run. A caller has four settings and one address by request at most, so
 * two callers of a team fit. Each target is a row in the transaction of an event, which takes a
 * hundred (Table service).
 */
export const TARGETS_MAX = 10;

/** Four of a caller in the settings, one by request, and Sentinel's: six. */
export const TARGETS_PER_CALLER_MAX = 4;

/** The fields of a run that its notices depend on. */
interface NotifiedRun {
  readonly runId: string;
  readonly accepted: number;
  readonly callbacks: readonly CallbackTarget[];
}

/** The events of a target, in the two fields that hold them. */
export function eventsIn(
  events: readonly CallbackEvent[],
): Pick<CallbackTarget, "events" | "later"> {
  const isFirst = (event: CallbackEvent) => FIRST_EVENTS.some((each) => each === event);
  return {
    events: FIRST_EVENTS.filter((each) => events.includes(each)),
    later: events.filter((event) => !isFirst(event)),
  };
}

function wants({ events, later }: CallbackTarget, event: CallbackEvent): boolean {
  return events.some((each) => each === event) || later.includes(event);
}

/**
 * The notices of one event, one for each target that wants it. A run that grows is accepted and
 * finished more than once; the number of its sequences tells these times apart. The same event
 * always gives the same ids.
 */
export function noticesOf(
  run: NotifiedRun,
  event: CallbackEvent,
  sequenceId: string | null,
  nowMs: number,
): Notice[] {
  return wanting(run, event).map(({ targetId }) =>
    fresh({
      noticeId: noticeIdOf([run.runId, targetId, event, sequenceId ?? String(run.accepted)]),
      runId: run.runId,
      targetId,
      event,
      sequenceId,
      about: null,
      atMs: nowMs,
    }),
  );
}

/** What happened, and when, and a word that tells it from others of its kind. */
interface Happening {
  readonly about: About;
  readonly which: string;
  readonly nowMs: number;
}

/** The notices of one later event of a run. The same happening always gives the same ids. */
export function newsOf(
  run: NotifiedRun,
  event: LaterEvent,
  { about, which, nowMs }: Happening,
): Notice[] {
  const { runId } = run;
  return wanting(run, event).map(({ targetId }) => {
    const noticeId = newsId([runId, targetId, event, which]);
    return fresh({ noticeId, runId, targetId, event, sequenceId: null, about, atMs: nowMs });
  });
}

/** The notice of an event of no run: for all who follow it, whoever they are when it is sent. */
export function newsOfNoRun(event: NewsEvent, { about, which, nowMs }: Happening): Notice {
  const noticeId = newsId([OF_NO_RUN, event, which]);
  const ofNobody = { runId: OF_NO_RUN, targetId: "", sequenceId: null } as const;
  return fresh({ noticeId, ...ofNobody, event, about, atMs: nowMs });
}

/** The same for one who follows it. */
export function forTarget(notice: Notice, targetId: string): Notice {
  return { ...notice, targetId, noticeId: newsId([notice.noticeId, targetId]) };
}

function wanting({ callbacks }: NotifiedRun, event: CallbackEvent): CallbackTarget[] {
  return callbacks.filter((target) => target.endedAtMs === null && wants(target, event));
}

/** A notice that was not tried yet. */
function fresh(of: Omit<Notice, "v" | "tries" | "said">): Notice {
  return { v: 1, ...of, atMs: Math.floor(of.atMs), tries: 0, said: null };
}

/** The rows that put notices into the outbox, due at once. */
export function owing(notices: readonly Notice[]): RowChange[] {
  return notices.map((notice) => ({
    op: "insert",
    key: noticeKey(notice.atMs, notice.noticeId),
    body: notice,
  }));
}

/**
 * The targets of a run and those that join it, each once; null if they are more than `TARGETS_MAX`.
 * One that exists already stays unchanged, with its deliveries.
 */
export function withTargets(
  before: readonly CallbackTarget[],
  joining: readonly CallbackTarget[],
): CallbackTarget[] | null {
  const all = new Map<string, CallbackTarget>();
  for (const each of [...before, ...joining]) {
    if (!all.has(each.targetId)) all.set(each.targetId, each);
  }
  return all.size > TARGETS_MAX ? null : [...all.values()];
}

/** 128 bits of a hash of `parts`, in hex: the same parts, the same id. */
export function targetIdOf(parts: readonly string[]): string {
  return digest(parts);
}

function noticeIdOf(parts: readonly string[]): string {
  return `msg_${digest(parts)}`;
}

/** Such ids lead to the rows that an older release does not read. */
function newsId(parts: readonly string[]): string {
  return `${NEWS_ID}${digest(parts)}`;
}

function digest(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}
