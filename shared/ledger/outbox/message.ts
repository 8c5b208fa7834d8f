import { z } from "zod";

/**
 * What a queue message of `command-sequences` holds: a bell. It only points; the ledger decides.
 */
export const drainMessageSchema = z.object({
  v: z.literal(1),
  // One top-level key, with a name that the Functions host does not use, so that a body cannot
  // overwrite trigger metadata.
  bell: z.object({
    /** `planned`: accepted sequences of the run are still to get rows of their own. */
    why: z.enum(["accepted", "planned", "due", "released", "repair"]),
    runId: z.string().nullable(),
    sequenceIds: z.array(z.string()).max(100),
    /** True if it comes for work of the urgent lane, which does not wait for a driver. */
    urgent: z.boolean(),
  }),
});
export type DrainBell = z.infer<typeof drainMessageSchema>["bell"];

/** What a message of `results` holds: the sequence whose results to fetch. */
export const collectMessageSchema = z.object({
  v: z.literal(1),
  collect: z.object({ sequenceId: z.string() }),
});

/**
 * What a message of `callbacks` holds: the notice to send. Both parts make its key. So if somebody
 * has made this try meanwhile, the message finds no row.
 */
export const callbackMessageSchema = z.object({
  v: z.literal(1),
  callback: z.object({ noticeId: z.string(), dueAtMs: z.number().int().nonnegative() }),
});
export type CallbackBell = z.infer<typeof callbackMessageSchema>["callback"];
