/**
 * The possible results of a POST to runliveresponse. `unknown` is a timeout, a broken connection, a
 * 5xx or an unreadable 2xx: the action may exist, so nothing may be sent again before a list has
 * been read.
 */
export type SubmissionAnswer =
  | { readonly kind: "accepted"; readonly actionId: string; readonly comment: string | null }
  | { readonly kind: "throttled"; readonly retryAfterMs: number | null }
  | { readonly kind: "machineBusy" }
  | { readonly kind: "unauthorized"; readonly detail: string }
  | {
      readonly kind: "refused";
      readonly httpStatus: number;
      readonly code: string;
      readonly detail: string;
    }
  | { readonly kind: "unknown"; readonly detail: string }
  /**
   * The send fence closed: too long passed since the claim, so lrq did not send. It is certain that
   * there is no action of ours.
   */
  | { readonly kind: "notSent"; readonly detail: string };

/**
 * Error codes about the app or the tenant and not about the machine: Defender would refuse the next
 * machine in the same way.
 */
const TENANT_WIDE_CODES = new Set(["Forbidden", "DisabledFeature", "Unauthorized"]);

/**
 * If the answer says that no machine can be reached now, why. Then a person has to restore the
 * access, and no sequence ends.
 */
export function lockedOut(answer: SubmissionAnswer): string | null {
  if (answer.kind === "unauthorized") return answer.detail;
  if (answer.kind !== "refused") return null;
  return TENANT_WIDE_CODES.has(answer.code) ? answer.detail : null;
}
