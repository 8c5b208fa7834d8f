import type { OverCap } from "../../access/caps.ts";
import type { Counts } from "../../ledger/run/accepted.ts";
import { isOfTeam } from "../../ledger/run/run.ts";
import { runIdOf } from "../../plan/identity.ts";
import type { AcceptPorts, Submission } from "./answer.ts";
import { countMachines, loadReadableCounts } from "./daily-counts.ts";
import { loadRun } from "../../store/load.ts";

/**
 * The cap under which not one more machine fits, if the incident is new; null if there is room, or
 * if the request may bring nothing new. It keeps look-ups from being spent for a refusal. What is
 * accepted is counted when it is written. `remembered` counts may be old, so they refuse nobody.
 */
export async function fullCap(
  { ledger, clock }: Pick<AcceptPorts, "ledger" | "clock">,
  { incident, caller, team, caps, again }: Submission,
  remembered: Counts | null,
): Promise<OverCap | null> {
  if (caps === null || remembered === null) return null;
  const machines = { caps, caller, ofIncident: 0, asked: 1 };
  const counted = (counts: Counts) => countMachines(counts, machines, clock.earliest());
  if (counted(remembered).kind === "counted") return null;
  const present = await loadReadableCounts(ledger);
  const count = present === null ? null : counted(present.value);
  if (count?.kind !== "overCap") return null;
  if (again) return count.over;
  const { source, incidentId } = incident;
  const ids = [null, team].map((of) => runIdOf({ source, incidentId, again: null, team: of }));
  const runs = await Promise.all(ids.map(async (runId) => await loadRun(ledger, runId)));
  return runs.some((run) => run !== null && isOfTeam(run.value, team)) ? null : count.over;
}
