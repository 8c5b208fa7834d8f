import { z } from "zod";
import { fineInstant, instant } from "../row/instant.ts";
import { rowObject } from "../row/row-object.ts";

/**
 * What happened, as it was known then. When it is told, it may be over. Times are epoch
 * milliseconds.
 */
export const aboutSchema = z.discriminatedUnion("kind", [
  /** A plan waits: of how many sequences, how many approvals it needs, until when. */
  rowObject({
    kind: z.literal("approval"),
    planHash: z.string(),
    sequences: z.number().int(),
    needed: z.number().int(),
    untilMs: instant,
  }),
  /** The run paused itself. */
  rowObject({ kind: z.literal("runPaused"), why: z.string() }),
  /** A library file is not as pinned; null is no pin, and not listed. */
  rowObject({
    kind: z.literal("drift"),
    file: z.string(),
    pinned: z.string().nullable(),
    listed: z.string().nullable(),
    sinceMs: fineInstant,
  }),
  /** Somebody paused or resumed the queue. */
  rowObject({
    kind: z.literal("queuePaused"),
    paused: z.boolean(),
    by: z.string(),
    why: z.string(),
  }),
  /** Defender takes no POSTs until a time, or refuses a call to the app; then the time is null. */
  rowObject({
    kind: z.literal("throttled"),
    call: z.string(),
    httpStatus: z.number().int().nullable(),
    detail: z.string(),
    untilMs: instant.nullable(),
  }),
  /** A round of a sweep has ended and reached a smaller share of its machines than it should. */
  rowObject({
    kind: z.literal("roundShort"),
    sweep: z.string(),
    team: z.string(),
    round: z.number().int(),
    targeted: z.number().int(),
    reached: z.number().int(),
    coverage: z.number(),
    /** Why the round closed. */
    why: z.string(),
  }),
]);
export type About = z.infer<typeof aboutSchema>;
