/**
 * What a person can do about a refusal, by Defender's error code (common REST API error codes
 * page).
 */
const NEXT_STEPS: ReadonlyMap<string, string> = new Map([
  [
    "DisallowedOperation",
    "Give the machine's device group a remediation level; live response needs one.",
  ],
  [
    "DisabledFeature",
    "Turn on live response (and live response for servers) under the portal's advanced features, " +
      "and check that the plan includes it.",
  ],
  [
    "OsPlatformNotSupported",
    "Live response does not run on this operating system; remove the machine from the request.",
  ],
  [
    "ClientVersionNotSupported",
    "Update the Defender sensor or the operating system on the machine; this version is too old.",
  ],
  [
    "Forbidden",
    "Check that the token has the roles Machine.LiveResponse and Machine.ReadWrite.All, for the " +
      "library Library.Manage, and that its audience is the one of this cloud (commercial: https://api.securitycenter.microsoft.com).",
  ],
  [
    "ResourceNotFound",
    "Defender does not know this id; check it, the tenant and the region of the API address.",
  ],
  [
    "Unauthorized",
    "Defender did not accept the access token; check the identity, its tenant and the token scope.",
  ],
]);

/** The next step for an error code; null if lrq knows none. */
export function nextStep(code: string): string | null {
  return NEXT_STEPS.get(code) ?? null;
}
