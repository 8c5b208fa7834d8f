import { runIdOf } from "../../plan/identity.ts";
import type { OverCap } from "../../access/caps.ts";
import { isOfTeam } from "../../ledger/run/run.ts";
import type { AcceptPorts, Submission } from "./answer.ts";
import { countMachines, loadReadableCounts } from "./daily-counts.ts";
import { loadRun } from "../../store/load.ts";

/**
 * The cap under which not one more machine fits, if the incident is new; null if there is room, or
 * if the request may bring nothing new. It keeps look-ups from being spent for a refusal. What is
 * accepted is counted when it is written.
 */
export async function fullCap(
  { ledger, clock }: Pick<AcceptPorts, "ledger" | "clock">,
  { incident, caller, team, caps, again }: Submission,
): Promise<OverCap | null> {
  if (caps === null) return null;
  const counts = await loadReadableCounts(ledger);
  if (counts === null) return null;
  const machines = { caps, caller, ofIncident: 0, asked: 1 };
  const count = countMachines(counts.value, machines, clock.earliest());
  if (count.kind === "counted") return null;
  if (again) return count.over;
  const { source, incidentId } = incident;
  const ids = [null, team].map((of) => runIdOf({ source, incidentId, again: null, team: of }));
  const runs = await Promise.all(ids.map(async (runId) => await loadRun(ledger, runId)));
  return runs.some((run) => run !== null && isOfTeam(run.value, team)) ? null : count.over;
}
