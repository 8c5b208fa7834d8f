import { createHash } from "node:crypto";
import { z } from "zod";
import { instant } from "../row/instant.ts";
import { noticeKey } from "../row/keys.ts";
import type { RowChange } from "../sequence/rows.ts";
import { rowObject } from "../row/row-object.ts";

/** The events of a run: it was accepted, one sequence ended, all of them have ended. */
export const CALLBACK_EVENTS = ["run.accepted", "sequence.ended", "run.finished"] as const;
export type CallbackEvent = (typeof CALLBACK_EVENTS)[number];

/** The events for a target that names none. */
export const DEFAULT_EVENTS: readonly CallbackEvent[] = ["run.accepted", "run.finished"];

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
  events: z.array(z.enum(CALLBACK_EVENTS)),
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
  runId: z.string(),
  targetId: z.string(),
  event: z.enum(CALLBACK_EVENTS),
  sequenceId: z.string().nullable(),
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
  const atMs = Math.floor(nowMs);
  return run.callbacks
    .filter((target) => target.endedAtMs === null && target.events.includes(event))
    .map(({ targetId }) => ({
      v: 1,
      noticeId: noticeIdOf([run.runId, targetId, event, sequenceId ?? String(run.accepted)]),
      runId: run.runId,
      targetId,
      event,
      sequenceId,
      atMs,
      tries: 0,
      said: null,
    }));
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

function digest(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}
