import { z } from "zod";
import { instant } from "../row/instant.ts";
import { rowObject } from "../row/row-object.ts";

/** What can be wrong with an action that has a mark of ours; see `ownerOf`. */
export type Misfit = "attempt" | "nonce" | "second" | "machine" | "commands" | "time" | "requestor";

/**
 * An action with a mark of this sequence that is not ours: what Defender says of it, what did not
 * fit, and when lrq saw it first. `why` is a `Misfit`, or a word of another version of the app.
 */
export const impersonationSchema = rowObject({
  actionId: z.string(),
  part: z.number().int(),
  attempt: z.number().int(),
  machineId: z.string().nullable(),
  requestor: z.string().nullable(),
  why: z.string(),
  seenAtMs: instant,
});
export type Impersonation = z.infer<typeof impersonationSchema>;

/** A stranger can make any number; this many show a person what goes on. */
const IMPERSONATIONS_MAX = 20;

/** The impersonations, with one more; the same if it is known already, or if they are full. */
export function withImpersonation(
  known: readonly Impersonation[],
  found: Impersonation,
): readonly Impersonation[] {
  const isKnown = known.some(({ actionId }) => actionId === found.actionId);
  return isKnown || known.length >= IMPERSONATIONS_MAX ? known : [...known, found];
}
