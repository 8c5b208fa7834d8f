import { needsPerson } from "./advice.ts";

/**
 * Defender's own error codes (common REST API error codes page). The text about a refusal has the
 * step as well, so that the log and the callbacks say it too.
 */
export const REFUSALS = {
  BadRequest: needsPerson(
    "Defender did not understand the request.",
    "Read its words; if they name a file, a script or an argument, mend the profile.",
  ),
  InvalidInput: needsPerson(
    "Defender did not take a value of the request.",
    "Read its words, and mend the profile or the parameter that they name.",
  ),
  InvalidRequestBody: needsPerson(
    "Defender did not take the form of the request.",
    "Read its words, and mend the profile; if it is a shipped one, tell the makers of lrq.",
  ),
  MissingRequiredParameter: needsPerson(
    "Defender misses a value in the request.",
    "Read its words, and mend the profile; if it is a shipped one, tell the makers of lrq.",
  ),
  OsPlatformNotSupported: needsPerson(
    "Live response does not exist for this operating system.",
    "Live response does not run on this operating system; remove the machine from the request.",
  ),
  ClientVersionNotSupported: needsPerson(
    "The sensor on the machine is too old for live response.",
    "Update the Defender sensor or the operating system on the machine; this version is too old.",
  ),
  DisallowedOperation: needsPerson(
    "The device group of the machine does not allow live response.",
    "Give the machine's device group a remediation level; live response needs one.",
  ),
  DisabledFeature: needsPerson(
    "Live response is turned off in the tenant, or the plan does not include it.",
    "Turn on live response (and live response for servers) under the portal's advanced " +
      "features, and check that the plan includes it.",
  ),
  Forbidden: needsPerson(
    "The token of lrq lacks a right, or is for another API.",
    "Check that the token has the roles Machine.LiveResponse and Machine.ReadWrite.All, for the " +
      "library Library.Manage, and that its audience is the one of this cloud (commercial: " +
      "https://api.securitycenter.microsoft.com).",
  ),
  NotFound: needsPerson(
    "Defender does not know what the request names.",
    "Check the id of the machine, the tenant, and the region of the API address.",
  ),
  ResourceNotFound: needsPerson(
    "Defender does not know the machine.",
    "Defender does not know this id; check it, the tenant and the region of the API address.",
  ),
  Unauthorized: needsPerson(
    "Defender did not accept the token of lrq.",
    "Defender did not accept the access token; check the identity, its tenant and the token scope.",
  ),
};
