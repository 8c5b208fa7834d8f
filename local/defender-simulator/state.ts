/**
 * All that a simulated tenant remembers; plain JSON, so that it can be put down and picked up
 * again.
 */
export interface TenantState {
  readonly version: 1;
  /** Outage windows are counted from here, also after a restart. */
  readonly startedAtMs: number;
  /** Oldest first. */
  readonly actions: ActionRecord[];
  /** Every call to runliveresponse that came to the door, oldest first. */
  readonly arrivals: DoorArrival[];
  /** Times of the last hour's calls, by API. */
  readonly readsAtMs: Record<string, number[]>;
  readonly readCounts: Record<string, number>;
  /** Machines that a test switched off or on by hand, and when. */
  readonly offline: Record<string, { readonly offline: boolean; readonly sinceMs: number }>;
  readonly portalSessions: Record<string, boolean>;
  readonly library: Record<string, LibraryRecord>;
  /** Which changes of the plan were made, by their places in it. */
  readonly libraryChangesMade: number[];
  readonly violations: string[];
  /** How many calls each fault has seen, in the order of the plan. */
  readonly faultCalls: number[];
  correlations: number;
  sessionsMost: number;
}

export type SimulatedCommand =
  | { readonly type: "PutFile"; readonly fileName: string }
  | { readonly type: "RunScript"; readonly scriptName: string; readonly args: string | null }
  | { readonly type: "GetFile"; readonly path: string };

export interface ActionRecord {
  readonly id: string;
  /** 1 for the first action of the tenant; the label of everything drawn for this action. */
  readonly ordinal: number;
  readonly machineId: string;
  readonly requestor: string;
  /** Whose limits it counts against; see the switch `limitScope`. */
  readonly scope: string;
  readonly comment: string | null;
  readonly externalId: string | null;
  readonly commands: readonly SimulatedCommand[];
  /** Set for a session of someone else: how long its one script runs. */
  readonly foreignSeconds: number | null;
  readonly createdAtMs: number;
  readonly visibleAtMs: number;
  readonly listedAtMs: number;
  /** A machine that is there takes the action up at this time. */
  readonly pickupAtMs: number;
  readonly expiresAtMs: number;
  pickedUpAtMs: number | null;
  schedule: Schedule | null;
  cancel: Cancellation | null;
  end: ActionEnd | null;
}

export type EndStatus = "Succeeded" | "Failed" | "TimeOut" | "Cancelled";

export interface ActionEnd {
  readonly status: EndStatus;
  readonly atMs: number;
}

interface Cancellation {
  readonly atMs: number;
  readonly requestor: string;
  readonly comment: string | null;
  /** When it takes effect, unless the action ends before; null never. */
  readonly effectiveAtMs: number | null;
}

/** What will happen on the machine, decided when it takes the action up. */
export interface Schedule {
  /** One for each command that gets to run, in order. */
  readonly runs: readonly CommandRun[];
  readonly end: ActionEnd;
}

export interface CommandRun {
  readonly startAtMs: number;
  readonly endAtMs: number;
  readonly error: string | null;
  readonly result: CommandResult | null;
}

export type CommandResult =
  | {
      readonly kind: "script";
      readonly scriptName: string;
      readonly exitCode: number;
      readonly output: string;
      readonly errors: string;
      /** Paths that are on the machine once the script has ended. */
      readonly creates: readonly string[];
    }
  | { readonly kind: "file"; readonly path: string; readonly origin: FileOrigin };

/**
 * Where a fetched file comes from: the machine as it was given, or an action's script that made
 * it.
 */
export type FileOrigin =
  | { readonly from: "machine" }
  | { readonly from: "script"; readonly scriptName: string; readonly ordinal: number };

export interface DoorArrival {
  readonly atMs: number;
  readonly machineId: string;
  readonly status: number;
  readonly code: string | null;
  readonly comment: string | null;
  readonly requestor: string;
  readonly scope: string;
  /** False for sessions that a test started in the name of somebody else. */
  readonly overHttp: boolean;
}

export interface LibraryRecord {
  readonly fileName: string;
  /** Null: the bytes are those of the options, which are not written down again. */
  readonly base64: string | null;
  readonly sha256: string;
  readonly description: string | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly createdBy: string;
  readonly hasParameters: boolean;
  readonly parametersDescription: string | null;
}

/** A tenant in which nothing has happened. */
export function emptyState(startedAtMs: number): TenantState {
  return {
    version: 1,
    startedAtMs,
    actions: [],
    arrivals: [],
    readsAtMs: {},
    readCounts: {},
    offline: {},
    portalSessions: {},
    library: {},
    libraryChangesMade: [],
    violations: [],
    faultCalls: [],
    correlations: 0,
    sessionsMost: 0,
  };
}
