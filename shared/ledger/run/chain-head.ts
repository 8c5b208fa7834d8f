import { z } from "zod";
import { rowObject } from "../row/row-object.ts";

/** The end of a chain of hashed records: how many there are, and the hash of the last, in hex. */
export const chainHeadSchema = rowObject({
  count: z.number().int().nonnegative(),
  head: z.string(),
});
export type ChainHead = z.infer<typeof chainHeadSchema>;

/** The end of the log of the queue. */
export const queueHeadSchema = chainHeadSchema.extend({
  /**
   * From this record on, every decision is also in the chain of its sequence. An older version of
   * the app drops this field when it adds a record; then it begins again.
   */
  linkedFrom: z.number().int().positive().optional(),
});
export type QueueHead = z.infer<typeof queueHeadSchema>;

/** Before the first record; its hash of the record before is 64 zeros. */
export const FIRST_HEAD: ChainHead = { count: 0, head: "0".repeat(64) };
