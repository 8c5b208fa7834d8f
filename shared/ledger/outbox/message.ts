import { z } from "zod";

/**
 * What a queue message of `command-sequences` holds: a bell. It points; all authority is in the
 * ledger.
 */
export const drainMessageSchema = z.object({
  v: z.literal(1),
  // One top-level key with a name the Functions host does not use, so that a body cannot pose as
  // trigger metadata.
  bell: z.object({
    /** `planned`: accepted sequences of the run are still to get rows of their own. */
    why: z.enum(["accepted", "planned", "due", "released", "repair"]),
    runId: z.string().nullable(),
    sequenceIds: z.array(z.string()).max(100),
    /** True if it comes for work of the urgent lane, which waits for no driver. */
    urgent: z.boolean(),
  }),
});
export type DrainBell = z.infer<typeof drainMessageSchema>["bell"];

/** What a message of `results` holds: whose results to fetch. */
export const collectMessageSchema = z.object({
  v: z.literal(1),
  collect: z.object({ sequenceId: z.string() }),
});

/**
 * What a message of `callbacks` holds: the notice to send. Both parts make its key, so that a
 * message for a try that somebody has made meanwhile finds nothing.
 */
export const callbackMessageSchema = z.object({
  v: z.literal(1),
  callback: z.object({ noticeId: z.string(), dueAtMs: z.number().int().nonnegative() }),
});
export type CallbackBell = z.infer<typeof callbackMessageSchema>["callback"];
