import { z } from "zod";
import { callerReadsSchema } from "./caller-share.ts";
import { huntTimeSchema } from "./hunt-time.ts";
import { FIRST_QUOTA, quotaSchema } from "./quota.ts";
import { fineInstant } from "../../ledger/row/instant.ts";
import { rowObject } from "../../ledger/row/row-object.ts";

/** The row of calls that only read: Defender has a budget for each kind, and so has lrq. */
export const readsSchema = rowObject({
  v: z.literal(1),
  list: quotaSchema,
  link: quotaSchema,
  machines: quotaSchema,
  cancel: quotaSchema,
  library: quotaSchema.default(FIRST_QUOTA),
  hunt: quotaSchema.default(FIRST_QUOTA),
  huntTime: huntTimeSchema.default([]),
  /** How much of `machines` each caller has used. */
  machinesBy: callerReadsSchema.default({}),
  /** When Pending actions of any age were last counted; epoch milliseconds, 0 is never. */
  countedAtMs: fineInstant,
  /** When we last asked which machines have reported. */
  seenAtMs: fineInstant,
  /** When the library was last asked for. */
  libraryAtMs: fineInstant.default(0),
});

export type Reads = z.infer<typeof readsSchema>;
export type ReadKind = "list" | "link" | "machines" | "cancel" | "library" | "hunt";
/** What is done at intervals; each name is the column with the time of the last. */
export type ReadStamp = "countedAtMs" | "seenAtMs" | "libraryAtMs";

export const FIRST_READS: Reads = {
  v: 1,
  list: FIRST_QUOTA,
  link: FIRST_QUOTA,
  machines: FIRST_QUOTA,
  cancel: FIRST_QUOTA,
  library: FIRST_QUOTA,
  hunt: FIRST_QUOTA,
  huntTime: [],
  machinesBy: {},
  countedAtMs: 0,
  seenAtMs: 0,
  libraryAtMs: 0,
};
