import type { Source } from "../incident/incident.ts";
import type { Caller, Right } from "./caller.ts";

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
    return `caller ${name} may not speak for the source ${scope.source}`;
  }
  if (scope.profile !== undefined && profiles !== null && !profiles.includes(scope.profile)) {
    return `caller ${name} may not use the profile ${scope.profile}`;
  }
  return null;
}
