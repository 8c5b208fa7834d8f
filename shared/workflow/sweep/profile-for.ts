import { judgeMachine, type ScopeVerdict } from "../../access/machine-scope.ts";
import { ours } from "../../incident/platform.ts";
import type { Profile } from "../../plan/profile/profile-schema.ts";
import type { Machine } from "../../ports.ts";
import { factsOf } from "../../store/look-up-machines.ts";
import type { Definition } from "../../sweep/definition.ts";
import type { SweepSettings } from "./ports.ts";

/**
 * What a sweep would send the machine, and what SCOPE says of it; null if none of its profiles is
 * for the platform of the machine, or SCOPE denies it.
 */
export function profileFor(
  machine: Machine,
  { profiles }: Pick<Definition, "profiles">,
  { scope, catalogue }: Pick<SweepSettings, "scope" | "catalogue">,
  nowMs: number,
): { readonly profile: Profile; readonly verdict: ScopeVerdict } | null {
  const platform = ours(machine.platform);
  const profile = profiles
    .map((name) => catalogue.get(name)?.profile)
    .find((each) => platform !== null && (each?.platforms.includes(platform) ?? false));
  const verdict = judgeMachine(scope, machine.machineId, factsOf(machine, { askedAtMs: nowMs }));
  return profile === undefined || verdict.kind === "denied" ? null : { profile, verdict };
}
