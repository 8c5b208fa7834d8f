import { z } from "zod";
import { instant } from "../row/instant.ts";
import { approvalSchema } from "./approval.ts";
import { chainHeadSchema } from "./chain-head.ts";
import { SEVERITIES, SOURCES } from "../../incident/incident.ts";
import { gateSchema } from "./gate.ts";
import { openingKey } from "../row/keys.ts";
import { runSealSchema } from "./seal.ts";
import { summarizedSchema } from "./summarized.ts";
import { tallySchema, withAccepted } from "./tally.ts";
import { targetSchema } from "../outbox/notice.ts";
import type { RowChange } from "../sequence/rows.ts";
import type { SequenceRecord } from "../sequence/sequence.ts";
import { rowObject } from "../row/row-object.ts";
import { batchSchema } from "../sweep/batch.ts";

const count = z.number().int().nonnegative();

export const runSchema = rowObject({
  v: z.literal(1),
  runId: z.string(),
  source: z.enum(SOURCES),
  incidentId: z.string(),
  title: z.string(),
  severity: z.enum(SEVERITIES),
  url: z.string().nullable(),
  /**
   * The team that it belongs to; a run that an older version of the app accepted belongs to every
   * team.
   */
  team: z.string().nullable().default(null),
  /** Who made it; each sequence names who asked for it. */
  requestedBy: z.string(),
  requestedAtMs: instant,
  /** All its sequences, including those without their own rows. */
  accepted: z.number().int(),
  /** Accepted sequences that are not finished. */
  open: z.number().int(),
  finishedAtMs: instant.nullable(),
  skipped: z.array(rowObject({ machine: z.string(), reason: z.string() })),
  /** Machines found by another name or id than was sent; rows from before this field have none. */
  readAs: z.array(rowObject({ machine: z.string(), as: z.string() })).default([]),
  /** The end of the custody chain: number of entries, and the hash of the last. */
  custody: chainHeadSchema,
  /** The log of what was decided about the run as a whole. */
  audit: chainHeadSchema,
  /** The Sentinel incident as a resource of Azure; rows from before this field have none. */
  armId: z.string().nullable().default(null),
  /** Who is told of it. */
  callbacks: z.array(targetSchema).default([]),
  /** What lets its sequences go; null lets all of them go. */
  gate: gateSchema.nullable().default(null),
  /** How often its gate has changed. */
  turns: z.number().int().default(0),
  /** The last cancel; it does not change what had ended before it. */
  cancelAsked: rowObject({ by: z.string(), atMs: instant }).nullable().default(null),
  /** The approval that some of its sequences wait for. */
  approval: approvalSchema.nullable().default(null),
  /** When its callbacks were first told that the library holds a sequence of it back. */
  driftToldAtMs: instant.nullable().default(null),
  /** What it was sealed with last; null for one that never was. */
  seal: runSealSchema.nullable().default(null),
  /** The number of the seal that was asked for last; 0 is none. */
  sealAsked: z.number().int().default(0),
  /** Its sequences by profile and end; null if an older version of the app has accepted it. */
  tally: tallySchema.nullable().default(null),
  /** What is known of the rows of its summary; null if it has none. */
  summary: summarizedSchema.nullable().default(null),
  /** Callers who have seen what its scripts wrote, and how many results there were then. */
  outputRead: z.array(rowObject({ by: z.string(), results: count })).default([]),
  /** The batch of a sweep that it is; null for an incident. */
  sweep: batchSchema.nullable().default(null),
});

/**
 * One accepted incident. Its sequences are the rows under `sequencesOf(runId)`, and at first those
 * in `intakesOf(runId)`. Times are epoch milliseconds.
 */
export type RunRecord = z.infer<typeof runSchema>;

/** The note that the gate of a run has changed; its key holds everything. */
export const openingSchema = rowObject({ v: z.literal(1) });

/** If the gate of the run has changed, the note that tells the poll to move its sequences. */
export function openingNote(before: RunRecord, after: RunRecord): RowChange[] {
  if (after.turns === before.turns) return [];
  return [{ op: "insert", key: openingKey(after.runId, after.turns), body: { v: 1 } }];
}

/** True if callers of `team` share the run; a run without a team belongs to everybody. */
export function isOfTeam(run: Pick<RunRecord, "team">, team: string): boolean {
  return run.team === null || run.team === team;
}

/**
 * The run after these sequences joined it. A finished run opens again, because an incident may
 * grow.
 */
export function withSequences(
  run: RunRecord,
  added: readonly Pick<SequenceRecord, "profile">[],
): RunRecord {
  return {
    ...run,
    accepted: run.accepted + added.length,
    open: run.open + added.length,
    finishedAtMs: added.length > 0 ? null : run.finishedAtMs,
    tally: withAccepted(run.tally, added),
  };
}

/** The run after sequences of it finished. Throws if more finish than were open; that is a bug. */
export function withFinished(run: RunRecord, finished: number, nowMs: number): RunRecord {
  const open = run.open - finished;
  if (open < 0) throw new Error(`run ${run.runId} has ${run.open} open and ${finished} finished`);
  return { ...run, open, finishedAtMs: open === 0 ? nowMs : null };
}

/**
 * `finished`: all sequences have ended, and each result is stored or unavailable. If the incident
 * grows, the run is `running` again.
 */
export const RUN_STATES = ["running", "finished"] as const;
export type RunState = (typeof RUN_STATES)[number];

/** The present state of the run. */
export function stateOf(run: RunRecord): RunState {
  return run.finishedAtMs === null ? "running" : "finished";
}
