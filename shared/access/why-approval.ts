import type { SequenceRecord } from "../ledger/sequence/sequence.ts";
import type { Catalogue } from "../plan/profile/catalogue.ts";
import { judgeMachine, type MachineScope } from "./machine-scope.ts";

/**
 * Why a sequence needs an approval, by the settings and profiles of today: its machine is tier 0,
 * its profile asks for approvals, or both.
 */
export function whyApproval(
  { machineId, machineFacts, profile: { name } }: SequenceRecord,
  { scope, catalogue }: { readonly scope: MachineScope; readonly catalogue: Catalogue },
): string {
  const verdict = judgeMachine(scope, machineId, machineFacts);
  const needed = catalogue.get(name)?.profile.approvals ?? 0;
  const reasons = [
    ...(verdict.kind === "needsApproval" ? [verdict.reason] : []),
    ...(needed > 0 ? [`Its profile ${name} needs ${needed}.`] : []),
  ];
  return reasons.length > 0
    ? reasons.join(" ")
    : "It needed one when it was accepted; SCOPE or the profile was changed since.";
}
