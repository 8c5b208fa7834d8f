import { z } from "zod";
import { FIRST_QUOTA, quotaSchema } from "./quota.ts";
import { fineInstant } from "../../ledger/row/instant.ts";
import { rowObject } from "../../ledger/row/row-object.ts";

/**
 * The row of calls that only ask: each kind has a budget of its own at Defender, and we keep one of
 * each.
 */
export const readsSchema = rowObject({
  v: z.literal(1),
  list: quotaSchema,
  link: quotaSchema,
  machines: quotaSchema,
  cancel: quotaSchema,
  /** When Pending actions of any age were last counted; epoch milliseconds, 0 is never. */
  countedAtMs: fineInstant,
  /** When we last asked which machines have reported. */
  seenAtMs: fineInstant,
});

export type Reads = z.infer<typeof readsSchema>;
export type ReadKind = "list" | "link" | "machines" | "cancel";
/** What is done at intervals, by the column that says when it was done last. */
export type ReadStamp = "countedAtMs" | "seenAtMs";

export const FIRST_READS: Reads = {
  v: 1,
  list: FIRST_QUOTA,
  link: FIRST_QUOTA,
  machines: FIRST_QUOTA,
  cancel: FIRST_QUOTA,
  countedAtMs: 0,
  seenAtMs: 0,
};
