import { z } from "zod";
import { chainHeadSchema } from "../ledger/run/chain-head.ts";
import { instant } from "../ledger/row/instant.ts";
import { rowObject } from "../ledger/row/row-object.ts";
import { storedDefinitionSchema } from "./definition.ts";
import { triedSchema } from "./round.ts";

const number = z.number().int().min(1);

/** The row of a sweep: its definition as it was applied last, and its rounds. */
export const sweepSchema = rowObject({
  v: z.literal(1),
  name: z.string(),
  definition: storedDefinitionSchema,
  /** The SHA-256 of the definition. */
  hash: z.string(),
  /** Whose sweep it is, and who applied the definition; its runs are asked for by that caller. */
  team: z.string(),
  by: z.string(),
  objectId: z.string().nullable(),
  appliedAtMs: instant,
  /** While it is paused, no round starts by itself. */
  paused: z.boolean(),
  /** True for one that was deleted. Its rounds stay, and the name can be applied again. */
  deleted: z.boolean(),
  /** Every due time up to this one is decided: a round was started for it, or none will be. */
  decidedAtMs: instant,
  /** Due times after it that have a round already, because a clock was ahead. */
  startedAheadMs: z.array(instant).default([]),
  /** The number of the last round; 0 is none. */
  rounds: z.number().int().nonnegative(),
  /** The rounds that are not over. */
  open: z.array(number),
  /** Open rounds that have paused themselves, and why. */
  stalled: z.array(rowObject({ round: number, detail: z.string(), atMs: instant })).default([]),
  /** What the last round that is over has reached. */
  last: rowObject({
    round: number,
    endedAtMs: instant,
    /** Without those that it left out. */
    targeted: z.number().int(),
    reached: z.number().int(),
    /** True if it is less than the definition wants. */
    short: z.boolean(),
    /** How its machines went; null if an older version of the app has written it. */
    tried: triedSchema.nullable().default(null),
  }).nullable(),
  /** The log of what was decided about the sweep. */
  audit: chainHeadSchema,
});
export type SweepRecord = z.infer<typeof sweepSchema>;

/**
 * Rounds of a sweep that may be open at once. Our own bound: one transaction takes 100 changes, and
 * closing a round takes two, the round and a line of the log.
 */
export const OPEN_ROUNDS_MAX = 40;

/** The sweep when the round has paused itself. */
export function stalledBy(sweep: SweepRecord, by: SweepRecord["stalled"][number]): SweepRecord {
  return { ...sweep, stalled: [...sweep.stalled, by] };
}

/** The sweep when the round has not paused itself, or does so no longer. */
export function unstalled(sweep: SweepRecord, round: number): SweepRecord {
  return { ...sweep, stalled: sweep.stalled.filter((each) => each.round !== round) };
}

/** The name of its log. No run's id has a dot. */
export function chainOf(name: string): string {
  return `sweep.${name}`;
}
