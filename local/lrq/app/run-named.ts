import { SOURCES } from "../../../shared/incident/incident.ts";
import { isRunId, runIdOf } from "../../../shared/plan/identity.ts";
import { UsageError } from "../command/stop.ts";

/** What the argument RUN of the commands may be. */
export const RUN_WORDS = "RUN is the id of a run, or SOURCE:INCIDENT, such as generic:CASE-1.";

/** The id of the run that somebody means: they gave it, or the incident that it follows from. */
export function runIdNamed(text: string): string {
  if (isRunId(text)) return text;
  const at = text.indexOf(":");
  const source = SOURCES.find((each) => each === text.slice(0, at));
  const incidentId = text.slice(at + 1);
  if (source !== undefined && incidentId !== "") {
    return runIdOf({ source, incidentId, again: null, team: null });
  }
  throw new UsageError(`${text} is not the id of a run, and no SOURCE:INCIDENT`);
}
