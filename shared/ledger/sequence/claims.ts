import { z } from "zod";
import { instant } from "../row/instant.ts";
import { claimedFilesSchema } from "./library-files.ts";
import type { Mark } from "./mark.ts";
import { rowObject } from "../row/row-object.ts";

/**
 * One claim of a part: when it was made (epoch milliseconds), the nonce of its mark, and its action
 * once that is known. The nonce is random and written with the claim, so before the POST nobody
 * knows it. A version of the app without nonces makes claims without an entry here.
 */
export const claimSchema = rowObject({
  part: z.number().int(),
  attempt: z.number().int(),
  atMs: instant,
  nonce: z.string(),
  actionId: z.string().nullable(),
  /** The library files it goes with; null if it uses none, or if the library is not checked. */
  files: claimedFilesSchema.nullable().default(null),
});
export type Claim = z.infer<typeof claimSchema>;

/** More attempts than Defender can still list, and small next to the rest of a record. */
const CLAIMS_MAX = 30;

/** The claim of that attempt; null if none is known. */
export function claimOf(
  { claims }: { readonly claims: readonly Claim[] },
  { part, attempt }: Pick<Mark, "part" | "attempt">,
): Claim | null {
  return claims.find((each) => each.part === part && each.attempt === attempt) ?? null;
}

/** True if there were so many claims that the first ones may be forgotten. */
export function areClaimsFull({ claims }: { readonly claims: readonly Claim[] }): boolean {
  return claims.length >= CLAIMS_MAX;
}

/** The latest claims, with one more. */
export function withClaim(claims: readonly Claim[], claim: Claim): Claim[] {
  return [...claims, claim].slice(-CLAIMS_MAX);
}

/** The claims, with the action of that attempt; the first one that is known stays. */
export function withActionOf(
  claims: readonly Claim[],
  { part, attempt }: Pick<Mark, "part" | "attempt">,
  actionId: string,
): Claim[] {
  return claims.map((each) => {
    const isIt = each.part === part && each.attempt === attempt;
    return isIt && each.actionId === null ? { ...each, actionId } : each;
  });
}

/** The library files that an action was claimed with; null if none are known. */
export function filesOfAction(
  { claims }: { readonly claims: readonly Claim[] },
  { part, actionId }: { readonly part: number; readonly actionId: string },
): Claim["files"] {
  return claims.find((each) => each.part === part && each.actionId === actionId)?.files ?? null;
}
