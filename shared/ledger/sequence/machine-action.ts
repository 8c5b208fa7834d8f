/**
 * The four statuses that end a machine action. Any other one, even if we do not know it, means that
 * the action is still open.
 */
export const FINAL_STATUSES = ["Succeeded", "Failed", "TimeOut", "Cancelled"] as const;
export type FinalStatus = (typeof FINAL_STATUSES)[number];

/**
 * A machine action as Defender last described it; times are epoch milliseconds, null if Defender
 * does not say.
 */
export interface MachineAction {
  readonly id: string;
  readonly status: string;
  /** Our mark and reason, as Defender returns them; null when it left them out. */
  readonly comment: string | null;
  readonly requestor: string | null;
  readonly machineId: string | null;
  readonly createdAtMs: number | null;
  readonly updatedAtMs: number | null;
  readonly commands: readonly ActionCommand[];
}

/**
 * One command of an action; `status` is Defender's word: Created, Completed, Failed, or one that we
 * do not know.
 */
export interface ActionCommand {
  readonly index: number;
  readonly type: string | null;
  /** By Defender's names; null if Defender does not say. */
  readonly parameters: Readonly<Record<string, string>> | null;
  readonly status: string;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly errors: readonly string[];
}

export function isFinal(status: string): status is FinalStatus {
  return (FINAL_STATUSES as readonly string[]).includes(status);
}

/** True if Defender says of one of its commands that it failed, whatever the action's status. */
export function hasFailedCommand({ commands }: Pick<MachineAction, "commands">): boolean {
  return commands.some(({ status }) => status === "Failed");
}
