import { z } from "zod";
import { rowObject } from "../row/row-object.ts";

const count = z.number().int().nonnegative();

export const countsSchema = rowObject({
  v: z.literal(1),
  /** Eight digits, in UTC. */
  day: z.string(),
  machines: count,
  callers: z.record(z.string(), count),
});

/** How many machines were accepted on one day: in all, and of each caller. */
export type Counts = z.infer<typeof countsSchema>;

export const keySchema = rowObject({
  v: z.literal(1),
  runId: z.string(),
  requestHash: z.string(),
  sequenceIds: z.array(z.string()),
  /** For a signed message: when its sender last signed it, in seconds since 1970. */
  signedAtSeconds: z.number().int().nullable().default(null),
});

/** What an `Idempotency-Key` was used for, and the answer. */
export type AcceptedKey = z.infer<typeof keySchema>;
