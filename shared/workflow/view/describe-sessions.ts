import type { Caller } from "../../access/caller.ts";
import { isoOrNull } from "../../ledger/row/instant.ts";
import type { Budget } from "../../limits/pace/budget.ts";
import type { Session } from "../../limits/pace/session.ts";

/** An open session of lrq. What it is about is null for a caller who may not see every team. */
export interface SessionView {
  readonly sequenceId: string | null;
  readonly machineId: string | null;
  readonly machineName: string | null;
  /** When its POST was answered; null while that is not known. */
  readonly since: string | null;
  /** Defender's word for the action; null before a list has shown it. */
  readonly status: string | null;
  /** How many of its `commands` have begun. */
  readonly begun: number;
  readonly commands: number | null;
}

/** The sessions that the budget counts as ours. */
export function describeSessions({ sessions }: Budget, { all }: Caller): readonly SessionView[] {
  return sessions.map((session) => ({ ...aboutOf(session, all), ...stateOf(session) }));
}

function aboutOf({ sequenceId, machineId, machineName = null }: Session, isShown: boolean) {
  if (!isShown) return { sequenceId: null, machineId: null, machineName: null };
  return { sequenceId, machineId, machineName };
}

/** Defender's words, the first one for the action; the rest are those of its commands. */
function stateOf({ glance, seen }: Session) {
  const [status = null, ...commands] = seen ?? [];
  return {
    since: isoOrNull(glance?.submittedAtMs ?? null),
    status,
    begun: commands.filter((word) => word !== "Created").length,
    commands: seen === undefined ? null : commands.length,
  };
}
