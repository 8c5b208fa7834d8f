/**
 * What a POST to runliveresponse can have come to. `unknown` is a timeout, a broken connection, a
 * 5xx or an unreadable 2xx: the action may exist, so nothing may be sent again before somebody has
 * looked for it.
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
   * The send fence closed: too long passed since the claim, so we did not send. Certain: no action
   * of ours exists.
   */
  | { readonly kind: "notSent"; readonly detail: string };

/**
 * Error codes that speak of the app or the tenant, not of the machine: the next machine would be
 * refused like it.
 */
const TENANT_WIDE_CODES = new Set(["Forbidden", "DisabledFeature", "Unauthorized"]);

/** Why no machine can be reached for now, if the answer says so: access to mend, no work to end. */
export function lockedOut(answer: SubmissionAnswer): string | null {
  if (answer.kind === "unauthorized") return answer.detail;
  if (answer.kind !== "refused") return null;
  return TENANT_WIDE_CODES.has(answer.code) ? answer.detail : null;
}
