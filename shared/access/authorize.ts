import type { Source } from "../incident/incident.ts";
import type { Scheme } from "./authenticate.ts";
import { RIGHTS, type Caller, type Right } from "./caller.ts";

/** What a request is about; what it leaves out is not asked after. */
export interface Scope {
  readonly source?: Source;
  readonly profile?: string;
}

/** True if `caller` has the right, and has it for that source and that profile. */
export function mayDo(caller: Caller, right: Right, scope: Scope = {}): boolean {
  return whyNot(caller, right, scope) === null;
}

/** Why `caller` may not, in words for whoever keeps the CALLERS setting; null if it may. */
export function whyNot(caller: Caller, right: Right, scope: Scope = {}): string | null {
  const { name, may, sources, profiles } = caller;
  if (!may.includes(right)) return `caller ${name} lacks the right ${right}`;
  if (scope.source !== undefined && !sources.includes(scope.source)) {
    return `caller ${name} may not send for the source ${scope.source}`;
  }
  if (scope.profile !== undefined && profiles !== null && !profiles.includes(scope.profile)) {
    return `caller ${name} may not use the profile ${scope.profile}`;
  }
  return null;
}

/**
 * What each way to be known is good for. A key and a token are shown to us alone. A signature is
 * made over a body: it covers neither method nor path nor query, so whoever got hold of a signed
 * incident could send it elsewhere as something else. Jira's covers no time either, so it is not
 * good for running anew.
 */
const GOOD_FOR: Readonly<Record<Scheme, readonly Right[]>> = {
  key: RIGHTS,
  entra: RIGHTS,
  hmac: ["incident.submit", "again"],
  jira: ["incident.submit"],
};

/** Why a caller known by `scheme` may not use `right`, whatever it may do; null if it may. */
export function whyNotBy(scheme: Scheme, right: Right): string | null {
  if (GOOD_FOR[scheme].includes(right)) return null;
  const rights = GOOD_FOR[scheme].join(" and ");
  return `${SHOWN[scheme]} is valid only for ${rights}; for ${right} send a key or a token`;
}

const SHOWN: Readonly<Record<Scheme, string>> = {
  key: "a key",
  entra: "a token",
  hmac: "a Standard Webhooks signature",
  jira: "Jira's signature",
};
