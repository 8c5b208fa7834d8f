import { z } from "zod";
import { instant } from "../ledger/row/instant.ts";
import { rowObject } from "../ledger/row/row-object.ts";
import { roundRowsSchema } from "../ledger/sweep/round-rows.ts";
import { storedDefinitionSchema } from "./definition.ts";
import { machineInHandSchema } from "./target.ts";

const count = z.number().int().nonnegative();

/**
 * How many machines of a round are where; together they are `targeted`. `waiting` is to be sent,
 * `held` has not reported lately, `inHand` is about to be sent, `sent` is in a run that is not
 * counted yet. `ended` counts the others, by how it ended for them.
 */
const countsSchema = rowObject({
  targeted: count,
  waiting: count,
  held: count,
  inHand: count,
  sent: count,
  ended: z.array(rowObject({ how: z.string(), count })),
});
export type RoundCounts = z.infer<typeof countsSchema>;

/** How the machines that were counted went, for the estimate of later rounds. */
export const triedSchema = rowObject({
  /** Those that were sent something at all, and those of them that were not there at first. */
  machines: count,
  offline: count,
  /** Those that the round has reached, and how long their sessions took together. */
  reached: count,
  reachedMs: count,
});

export const NOTHING_TRIED = { machines: 0, offline: 0, reached: 0, reachedMs: 0 };

export const roundSchema = rowObject({
  v: z.literal(1),
  name: z.string(),
  number: z.number().int().min(1),
  team: z.string(),
  /** Whose sweep it is; its runs are asked for by this caller. */
  by: z.string(),
  objectId: z.string().nullable(),
  /** As it was when the round began. A later one is for the rounds after it. */
  definition: storedDefinitionSchema,
  /** The profiles as they were when the round began. */
  profiles: z.array(rowObject({ name: z.string(), hash: z.string() })),
  /** The commands of these profiles whose results are rows. */
  rows: z.array(roundRowsSchema),
  /** When it was due; null if a person has started it. */
  dueAtMs: instant.nullable(),
  startedBy: z.string().nullable(),
  startedAtMs: instant,
  expiresAtMs: instant,
  /** `running` sends; `closing` sends nothing more, and waits for what was sent. */
  state: z.enum(["running", "closing", "ended"]),
  /** Why it sends nothing until a person resumes it; null if it is not paused. */
  paused: rowObject({ code: z.string(), detail: z.string(), atMs: instant }).nullable(),
  /** Why it closes or has ended; null while it runs. */
  closed: rowObject({
    why: z.enum(["done", "expired", "stopped", "replaced"]),
    by: z.string().nullable(),
    atMs: instant,
    /** What of its runs is still to be cancelled; null for nothing. */
    cancels: z.enum(["waiting", "all"]).nullable(),
  }).nullable(),
  endedAtMs: instant.nullable(),
  /** Why it sends nothing just now, for people; null if nothing is in its way. */
  hindrance: rowObject({ code: z.string(), detail: z.string(), sinceMs: instant }).nullable(),
  /** How far the present listing has come; null between listings. */
  listing: rowObject({
    /** Where Defender's list goes on; null at its beginning. */
    next: z.string().nullable(),
    /** Machines of that page that are done. */
    offset: count,
    /** The rows with what the query has named, once it was asked for this listing. */
    hunted: rowObject({
      hunt: z.string(),
      parts: count,
      /** Rows of the answer that name no machine. */
      odd: count.default(0),
      /** Machines of the pages that are done that the query has named. */
      listed: count.default(0),
    })
      .nullable()
      .default(null),
  }).nullable(),
  /** Which listing the present one is: two that begin at the same place are told apart by it. */
  listings: count.default(0),
  /** When the last listing was complete; null before the first. */
  listedAtMs: instant.nullable(),
  /** What its query came to in the last listing; null if it has none. */
  query: rowObject({ named: count, odd: count, notListed: count }).nullable().default(null),
  counts: countsSchema,
  /** The batch that machines join now, from 1, and how many it has. */
  batch: z.number().int().min(1),
  batchMachines: count,
  /** The machines that are being sent, with what Defender said of them. */
  inHand: z.array(machineInHandSchema),
  /** Calls that it may still spend, and when that was computed. */
  allowance: rowObject({ calls: z.number(), atMs: instant }),
  /** Batches whose machines are counted as `sent`, because their runs go on or were not seen. */
  uncounted: z.array(z.number().int().min(1)),
  /** The batch that is being counted, and the last machine of it that is; null for none. */
  counting: rowObject({ batch: z.number().int(), to: z.string() }).nullable(),
  tried: triedSchema.default(NOTHING_TRIED),
  /** True once it has paused because of its first wave: who lets it go on lets all go. */
  isWaveOver: z.boolean().default(false),
  /** What had ended and failed when a person resumed it last: it is judged by what came later. */
  forgiven: rowObject({ ended: count, failed: count }),
  /** How often its failures were sent again. */
  reruns: count,
  /** How far the last rerun has come; null before the first. */
  rerun: rowObject({
    /** The last machine that it has looked at; null once it has looked at all. */
    to: z.string().nullable(),
    /** Machines that it asks again, so far. */
    machines: count,
    /** True if the round had ended before: then it asks nobody else any more. */
    alone: z.boolean(),
  })
    .nullable()
    .default(null),
});
/** One go of a sweep. */
export type RoundRecord = z.infer<typeof roundSchema>;

/** How a machine ended that the round has reached. */
export const REACHED = "succeeded";
const SCRIPT_FAILED = "scriptFailed";
/** How machines ended whose commands, or the script in them, failed. */
const FAILURES: readonly string[] = ["failed", "timedOut", "refused", SCRIPT_FAILED];

/** The word by which a round counts the end of a sequence. */
export function wordOf({ state, code }: { state: string; code: string | null }): string {
  return code === SCRIPT_FAILED ? code : state;
}

export function isFailure(word: string): boolean {
  return FAILURES.includes(word);
}

/** How many ended in this way. */
export function endedAs({ ended }: Pick<RoundCounts, "ended">, how: string): number {
  return ended.find((each) => each.how === how)?.count ?? 0;
}

export function failedIn(counts: Pick<RoundCounts, "ended">): number {
  return FAILURES.reduce((sum, how) => sum + endedAs(counts, how), 0);
}

export function endedIn({ ended }: Pick<RoundCounts, "ended">): number {
  return ended.reduce((sum, each) => sum + each.count, 0);
}

/** How machines end that a round leaves out: they are sent nothing, and nobody failed. */
const LEFT_OUT: readonly string[] = ["recent", "skipped", "laterRound"];

/** How many were left out: no coverage is reckoned with them, and they use up no limit. */
export function leftOutIn(counts: Pick<RoundCounts, "ended">): number {
  return LEFT_OUT.reduce((sum, how) => sum + endedAs(counts, how), 0);
}

/** The counts after so many machines went elsewhere. Throws if they were not where it says. */
export function counted(
  counts: RoundCounts,
  from: Place | null,
  to: Place,
  machines: number,
): RoundCounts {
  if (machines === 0) return counts;
  const left = from === null ? counts : added(counts, from, -machines);
  const there = added(left, to, machines);
  return from === null ? { ...there, targeted: there.targeted + machines } : there;
}

/** Where a machine is in a round: one of the counts, or how it ended. */
export type Place = "waiting" | "held" | "inHand" | "sent" | { readonly ended: string };

function added(counts: RoundCounts, place: Place, by: number): RoundCounts {
  if (typeof place === "string") {
    return { ...counts, [place]: natural(counts[place] + by, place) };
  }
  const how = place.ended;
  const known = counts.ended.find((each) => each.how === how);
  const after = { ...known, how, count: natural((known?.count ?? 0) + by, how) };
  const others = counts.ended.filter((each) => each !== known);
  return { ...counts, ended: after.count === 0 ? others : [...others, after] };
}

function natural(value: number, what: string): number {
  if (value < 0) throw new Error(`a round counts ${value} machines as ${what}`);
  return value;
}

/** The same with one more sequence that has ended. */
export function withTried(
  tried: RoundRecord["tried"],
  {
    attempts,
    offlineTimes,
    submittedAtMs,
    endedAtMs,
  }: {
    readonly attempts: number;
    readonly offlineTimes: number;
    readonly submittedAtMs: number | null;
    readonly endedAtMs: number | null;
  },
  how: string,
): RoundRecord["tried"] {
  if (attempts === 0) return tried;
  const tookMs = how === REACHED ? (endedAtMs ?? 0) - (submittedAtMs ?? endedAtMs ?? 0) : 0;
  return {
    ...tried,
    machines: tried.machines + 1,
    offline: tried.offline + (offlineTimes > 0 ? 1 : 0),
    reached: tried.reached + (how === REACHED ? 1 : 0),
    reachedMs: tried.reachedMs + Math.max(0, Math.round(tookMs)),
  };
}

/** The round with another listing, from the beginning: nobody goes on with one from before. */
export function listedAnew<Of extends Pick<RoundRecord, "listings">>(round: Of) {
  const listing = { next: null, offset: 0, hunted: null };
  return { ...round, listing, listings: round.listings + 1 };
}

export const NO_MACHINES: RoundCounts = {
  targeted: 0,
  waiting: 0,
  held: 0,
  inHand: 0,
  sent: 0,
  ended: [],
};
