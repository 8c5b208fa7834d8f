import { z } from "zod";
import { instant } from "../row/instant.ts";
import { COMMAND_ORDER } from "../../plan/command/command.ts";
import { machineFactsSchema } from "../../plan/machine-facts.ts";
import { LANES, OFFLINE_LANE, type Lane } from "../../plan/lane.ts";
import { claimSchema } from "./claims.ts";
import { decisionsSchema } from "./decisions.ts";
import { impersonationSchema } from "./impersonation.ts";
import { lateActionSchema } from "./late-action.ts";
import { libraryHoldSchema } from "./library-files.ts";
import { rowObject } from "../row/row-object.ts";
import { resultSchema } from "./result.ts";
import { unansweredSchema } from "./unanswered.ts";
import { sweptBySchema } from "../sweep/batch.ts";

/**
 * The states of a sequence and the moves between them; docs/ledger.md says who makes each.
 * `unconfirmed` is a POST whose answer was lost: the action may exist. The last six are final.
 */
export const LEGAL_MOVES = {
  // Straight to submitted: the action of an attempt that was given up has appeared.
  waiting: ["claimed", "submitted", "expired", "refused", "cancelled"],
  claimed: ["submitted", "unconfirmed", "waiting", "refused", "cancelled"],
  // Failed: its expiry is long over, and Defender does not show its action.
  unconfirmed: ["submitted", "waiting", "cancelled", "failed"],
  submitted: ["succeeded", "failed", "timedOut", "cancelled", "waiting", "expired"],
  succeeded: [],
  failed: [],
  timedOut: [],
  cancelled: [],
  expired: [],
  refused: [],
} as const satisfies Record<string, readonly string[]>;

export type SequenceState = keyof typeof LEGAL_MOVES;
export const SEQUENCE_STATES = [
  "waiting",
  "claimed",
  "unconfirmed",
  "submitted",
  "succeeded",
  "failed",
  "timedOut",
  "cancelled",
  "expired",
  "refused",
] as const satisfies readonly SequenceState[];

const command = z.discriminatedUnion("type", [
  rowObject({ type: z.literal("PutFile"), fileName: z.string() }),
  rowObject({ type: z.literal("RunScript"), scriptName: z.string(), args: z.string().nullable() }),
  rowObject({ type: z.literal("GetFile"), path: z.string() }),
]);

/**
 * The place of a waiting sequence: ready to go, parked until a time, or behind another one on its
 * machine.
 */
const place = z.discriminatedUnion("kind", [
  rowObject({ kind: z.literal("ready") }),
  rowObject({ kind: z.literal("later"), dueAtMs: instant }),
  rowObject({ kind: z.literal("behind") }),
]);

/** Its own reason to wait. The reasons that all share (token, session, pause) are in the budget. */
const reason = z.discriminatedUnion("code", [
  rowObject({ code: z.literal("machineHeld"), sequenceId: z.string() }),
  rowObject({ code: z.literal("machineBusy"), sinceMs: instant, times: z.number().int() }),
  rowObject({ code: z.literal("offline"), sinceMs: instant, times: z.number().int() }),
  rowObject({ code: z.literal("lockedOut"), detail: z.string() }),
  rowObject({ code: z.literal("approval") }),
  rowObject({ code: z.literal("canary") }),
  rowObject({ code: z.literal("runPaused") }),
]);

/** How far one command got, as Defender reports it. */
const progress = rowObject({
  part: z.number().int(),
  index: z.number().int(),
  type: z.enum(COMMAND_ORDER),
  status: z.string(),
  startedAtMs: instant.nullable(),
  endedAtMs: instant.nullable(),
  errors: z.array(z.string()),
});

export const sequenceSchema = rowObject({
  v: z.literal(1),
  sequenceId: z.string(),
  runId: z.string(),
  /** Who asked for it; null if an older version of the app accepted it: then who made its run. */
  requestedBy: z.string().nullable().default(null),
  /**
   * The sequence that it runs again, the how-manieth retry of the first one it is, from 1, and how
   * that one and those before it ended.
   */
  retry: rowObject({
    of: z.string(),
    number: z.number().int().min(1),
    ends: z
      .array(rowObject({ state: z.enum(SEQUENCE_STATES), code: z.string().nullable() }))
      .default([]),
  })
    .nullable()
    .default(null),
  machineId: z.string(),
  machineName: z.string().nullable(),
  /** What Defender said of the machine at acceptance; null if Defender was not asked. */
  machineFacts: rowObject(machineFactsSchema.shape).nullable().default(null),
  profile: rowObject({ name: z.string(), version: z.number().int(), hash: z.string() }),
  parameters: z.record(z.string(), z.string()),
  /** How many approvals it needs, and the names of the callers who approved. */
  approvals: rowObject({ needed: z.number().int(), by: z.array(z.string()) }).default({
    needed: 0,
    by: [],
  }),
  /** The wave of its run that it waits for, 0 for none; null for runs without a gate. */
  wave: z.number().int().nullable().default(null),
  lane: z.literal(LANES),
  pass: z.number().int(),
  /** Each part is one POST; the machine stays held between them. */
  parts: z.array(z.array(command)),
  part: z.number().int(),
  /**
   * The number of its present POST within this part, from 1. It is in the mark, so that the actions
   * of other attempts can be told apart.
   */
  attempt: z.number().int(),
  /** POSTs of this part so far; more than `attempt` if the action of an earlier one was taken. */
  attempts: z.number().int().default(0),
  /** Its latest claims, with the nonce of each; older versions of the app add none. */
  claims: z.array(claimSchema).default([]),
  /** Attempts without an answer that no list had shown by the end of the guard time. */
  givenUp: z.array(rowObject({ part: z.number().int(), attempt: z.number().int() })).default([]),
  state: z.enum(SEQUENCE_STATES),
  place: place.nullable(),
  reason: reason.nullable(),
  /** Why the library holds it back; null if it does not. Older versions of the app keep it. */
  libraryHold: libraryHoldSchema.nullable().default(null),
  acceptedAtMs: instant,
  expiresAtMs: instant,
  /** When it joined the ready ones anew; null if it has done so only when it was accepted. */
  readyAtMs: instant.nullable().default(null),
  claimedAtMs: instant.nullable(),
  submittedAtMs: instant.nullable(),
  endedAtMs: instant.nullable(),
  actionId: z.string().nullable(),
  /** True while only an answer without a comment says that the action is ours. */
  unmarked: z.boolean().default(false),
  /** Defender's word for the action when last seen. */
  actionStatus: z.string().nullable(),
  unanswered: unansweredSchema.nullable().default(null),
  /** How often its machine was found offline. */
  offlineTimes: z.number().int(),
  busyTimes: z.number().int(),
  /** Set when somebody asked to end it, or when lrq gave up an action that stayed Pending. */
  cancel: rowObject({
    by: z.string(),
    why: z.enum(["asked", "offline", "expired"]),
    atMs: instant,
    sent: z.boolean(),
  }).nullable(),
  /** Set when a person stopped its round while it was under way: it does not begin again. */
  stopped: rowObject({ by: z.string(), atMs: instant }).nullable().default(null),
  /** What a person should know of its end. */
  outcome: rowObject({ code: z.string(), detail: z.string() }).nullable(),
  progress: z.array(progress),
  results: z.array(resultSchema),
  late: z.array(lateActionSchema).default([]),
  /** Actions that have a mark of this sequence and are not ours: the first ones. */
  impersonations: z.array(impersonationSchema).default([]),
  /**
   * The chain of what the queue decided about it; null if it may lack a decision, because an older
   * version of the app has accepted the sequence or worked on it.
   */
  decisions: decisionsSchema.nullable().default(null),
  /** True once the history of its machine has it. An older version of the app leaves it false. */
  inHistory: z.boolean().default(false),
  /** The batch of a sweep that it belongs to; null if an incident brought it. */
  sweep: sweptBySchema.nullable().default(null),
});

/** The record of one sequence: the only source of truth about it. Times are epoch milliseconds. */
export type SequenceRecord = z.infer<typeof sequenceSchema>;
export type SequenceResult = SequenceRecord["results"][number];
export type CommandProgress = SequenceRecord["progress"][number];

/** The commands of its present part. */
export function currentCommands(record: SequenceRecord): SequenceRecord["parts"][number] {
  const commands = record.parts[record.part];
  if (commands === undefined) throw new Error(`${record.sequenceId} has no part ${record.part}`);
  return commands;
}

/** More than a queue will ever count. */
const PASSES = 10 ** 11;

/**
 * The place in the line, by its own lane and pass. If its machine was last seen offline, it is
 * among the retries, in the order of their own lanes.
 */
export function rankOf({ lane, pass, reason }: Pick<SequenceRecord, "lane" | "pass" | "reason">): {
  readonly lane: Lane;
  readonly pass: number;
} {
  if (reason?.code !== "offline") return { lane, pass };
  return { lane: OFFLINE_LANE, pass: lane * PASSES + pass };
}

export function isTerminal(record: Pick<SequenceRecord, "state">): boolean {
  return LEGAL_MOVES[record.state].length === 0;
}

/** True from the claim until the action has ended: it counts as a session. */
export function holdsSession(record: Pick<SequenceRecord, "state">): boolean {
  return ["claimed", "unconfirmed", "submitted"].includes(record.state);
}

/**
 * True while no other sequence may use its machine: during a session, and between two parts of a
 * sequence.
 */
export function holdsMachine(record: Pick<SequenceRecord, "state" | "part">): boolean {
  return holdsSession(record) || (record.state === "waiting" && record.part > 0);
}

export function owesResults(record: Pick<SequenceRecord, "results">): boolean {
  return record.results.some((each) => each.state === "owed");
}

/**
 * True once it has ended and all its results are stored or given up. A person may ask for a result
 * again after that; the sequence stays finished, because a run finishes once.
 */
export function isFinished(record: SequenceRecord): boolean {
  return isTerminal(record) && !record.results.some((each) => each.state === "owed" && !each.again);
}

/** When the first of its owed results is due, in epoch milliseconds; null if none is owed. */
export function resultsDueAtMs({
  results,
  endedAtMs,
  submittedAtMs,
}: Pick<SequenceRecord, "results" | "endedAtMs" | "submittedAtMs">): number | null {
  const owed = results.filter((each) => each.state === "owed");
  if (owed.length === 0) return null;
  const atOnceMs = endedAtMs ?? submittedAtMs ?? 0;
  return Math.min(...owed.map(({ dueAtMs }) => dueAtMs ?? atOnceMs));
}
