import { z } from "zod";
import type { About } from "../ledger/outbox/about.ts";
import { isoOf } from "../ledger/row/instant.ts";
import type { RunState } from "../ledger/run/run.ts";
import { RUN_EVENTS } from "../incident/incident.ts";
import { NEWS_EVENTS, type CallbackEvent } from "../ledger/outbox/notice.ts";
import { word } from "./word.ts";
import { aboutLines, aboutMembers, newsMembers, runMembers } from "./about-text.ts";

/** What a message is about: a run, or none, as the whole queue or a sweep. */
export type CallbackFacts = RunFacts | NewsFacts;

interface MessageFacts {
  /** Also the `webhook-id`. */
  readonly noticeId: string;
  readonly event: CallbackEvent;
  /** When the event happened, epoch milliseconds. */
  readonly atMs: number;
  /** What happened, as of then. */
  readonly about: About | null;
}

interface NewsFacts extends MessageFacts {
  readonly runId: null;
}

/**
 * What a message about a run may contain: ids, counts, outcomes and hashes. Never evidence, and
 * never a link that gives access. All fields but `event`, `atMs` and `about` are as of the time of
 * sending.
 */
export interface RunFacts extends MessageFacts {
  readonly runId: string;
  /** Callers who may approve what waits, by their names in the settings; for that event. */
  readonly mayApprove: readonly string[];
  readonly source: string;
  readonly incidentId: string;
  readonly state: RunState;
  /** Sequences by state, without the states that none is in; and all of them. */
  readonly counts: Readonly<Record<string, number>>;
  readonly total: number;
  readonly skipped: number;
  /** The custody chain: its number of entries, and the hash of the last. */
  readonly custody: { readonly count: number; readonly head: string };
  /** The hash of the seal; null while the run is not finished, or not sealed as it stands. */
  readonly seal: string | null;
  /** The sequence that ended, for that event; null for other events. */
  readonly sequence: EndedSequence | null;
}

/** A sequence that ended. The machine itself reports its name, so the name may be any text. */
interface EndedSequence {
  readonly sequenceId: string;
  readonly machineId: string;
  readonly machineName: string | null;
  readonly state: string;
  readonly outcome: string | null;
  readonly results: { readonly stored: number; readonly unavailable: number };
}

const count = z.int().nonnegative();
const hash = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * The form of our own message, as it is published: that of Standard Webhooks. A later version may
 * have more members, so a receiver takes them.
 */
export const messageSchema = z.union([
  z.looseObject({
    type: z.enum(RUN_EVENTS),
    timestamp: z.iso.datetime(),
    data: z.looseObject({
      runId: z.string(),
      source: z.string(),
      incidentId: z.string(),
      state: z.enum(["running", "finished"]),
      counts: z.object({ total: count }).catchall(count),
      skipped: count,
      custody: z.looseObject({ entries: count, head: hash }),
      seal: hash.nullable(),
      /** Of the event `sequence.ended` alone. */
      sequence: z
        .looseObject({
          sequenceId: z.string(),
          machineId: z.string(),
          machineName: z.string().nullable(),
          state: z.string(),
          outcome: z.string().nullable(),
          results: z.looseObject({ stored: count, unavailable: count }),
        })
        .optional(),
      ...runMembers,
    }),
  }),
  z.looseObject({
    type: z.enum(NEWS_EVENTS),
    timestamp: z.iso.datetime(),
    data: z.looseObject(newsMembers),
  }),
]);

/** Our own message as JSON of less than 20 kB. `timestamp` is when the event happened. */
export function genericBody(facts: CallbackFacts): string {
  const { event, atMs } = facts;
  if (facts.runId === null) {
    const data = aboutMembers(facts.about, []);
    return JSON.stringify({ type: event, timestamp: isoOf(atMs), data });
  }
  const { sequence, runId, source, incidentId, state, about, mayApprove } = facts;
  const { counts, total, skipped, custody, seal } = facts;
  return JSON.stringify({
    type: event,
    timestamp: isoOf(atMs),
    data: {
      runId,
      source,
      incidentId,
      state,
      counts: { ...counts, total },
      skipped,
      custody: { entries: custody.count, head: custody.head },
      seal,
      ...(sequence === null ? {} : { sequence: { ...shown(sequence) } }),
      ...aboutMembers(about, mayApprove),
    },
  });
}

/**
 * The same for people, as lines of plain text. Of names from outside only letters, digits, dots,
 * hyphens and underscores are left, so that they are no markup and no link anywhere. A machine's
 * name is cut at its first dot, so that it is no address.
 */
export function plainLines(facts: CallbackFacts): string[] {
  return [...headline(facts), `Message ${facts.noticeId}`];
}

function headline(facts: CallbackFacts): string[] {
  if (facts.about !== null) return aboutLines(facts.about, facts);
  if (facts.runId === null) return [];
  const { event, runId, total, skipped, custody, seal, sequence } = facts;
  if (sequence !== null) {
    const { sequenceId, state, outcome, results, machineId } = shown(sequence);
    const name = sequence.machineName === null ? "" : `${word(firstLabel(sequence.machineName))}, `;
    const why = outcome === null ? "" : ` (${outcome})`;
    return [
      `lrq sequence ${sequenceId} ended: ${state}${why}.`,
      `Machine ${name}${machineId}. Results stored: ${results.stored}, unavailable: ${results.unavailable}.`,
    ];
  }
  const machines = `Sequences: ${total}. Machines skipped: ${skipped}.`;
  if (event === "run.accepted") return [`lrq run ${runId} accepted.`, machines];
  const counts = Object.entries(facts.counts).map(([state, count]) => `${count} ${state}`);
  return [
    `lrq run ${runId} finished: ${counts.join(", ")}.`,
    machines,
    `Custody entries: ${custody.count}, head ${custody.head}.`,
    seal === null ? "Not sealed yet." : `Seal ${seal}.`,
  ];
}

function shown(sequence: EndedSequence): EndedSequence {
  const { machineName, outcome } = sequence;
  return {
    ...sequence,
    machineName: machineName === null ? null : word(machineName),
    outcome: outcome === null ? null : word(outcome),
  };
}

function firstLabel(name: string): string {
  return name.split(".", 1)[0] ?? "";
}
