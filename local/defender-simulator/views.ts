import { commandViews, statusOf } from "./machine-actions.ts";
import type { ActionRecord, DoorArrival, SimulatedCommand } from "./state.ts";
import type { Tenant } from "./tenant.ts";

/** What a test may look at. Instants are epoch milliseconds. */
export interface Views {
  /** Every runliveresponse call that came to the door over HTTP, let in or not, oldest first. */
  arrivals(): readonly Arrival[];
  /** Every machine action of the tenant as it stands now, oldest first. */
  actions(): readonly SimulatedAction[];
  /** Calls so far by API: list, get, link, cancel, machines, machine, and so on. */
  reads(): Readonly<Record<string, number>>;
  /** What a strict observer complains of: nothing, for a client that keeps all the rules. */
  violations(): readonly string[];
  stats(): SimulatorStats;
}

interface Arrival {
  readonly atMs: number;
  readonly machineId: string;
  readonly status: number;
  readonly code?: string;
  readonly comment: string | null;
  readonly requestor: string;
}

export interface SimulatedAction {
  readonly id: string;
  readonly machineId: string;
  readonly requestor: string;
  readonly comment: string | null;
  readonly status: string;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  readonly commands: readonly {
    readonly command: SimulatedCommand;
    readonly status: string;
    readonly startAtMs: number | null;
    readonly endAtMs: number | null;
  }[];
}

interface SimulatorStats {
  readonly accepted: number;
  /** Refused POSTs by error code. */
  readonly refused: Readonly<Record<string, number>>;
  readonly openSessions: number;
  /** The most sessions of one scope that were ever open at once. */
  readonly sessionsMost: number;
}

/** The views of a tenant; `nowMs` brings it up to date first. */
export function views(tenant: Tenant, nowMs: () => number): Views {
  const overHttp = () => tenant.state.arrivals.filter((arrival) => arrival.overHttp);
  return {
    arrivals: () => overHttp().map(arrivalView),
    actions: () => {
      const atMs = nowMs();
      return tenant.state.actions.map((action) => actionView(tenant, action, atMs));
    },
    reads: () => ({ ...tenant.state.readCounts }),
    violations: () => [...tenant.state.violations],
    stats: () => {
      nowMs();
      const refused: Record<string, number> = {};
      for (const { code } of overHttp()) {
        if (code !== null) refused[code] = (refused[code] ?? 0) + 1;
      }
      const accepted = overHttp().filter(({ status }) => status === 200 || status === 201).length;
      const { sessionsMost } = tenant.state;
      return { accepted, refused, openSessions: tenant.open.size, sessionsMost };
    },
  };
}

function actionView(tenant: Tenant, action: ActionRecord, atMs: number): SimulatedAction {
  const { id, machineId, requestor, comment, createdAtMs } = action;
  return {
    id,
    machineId,
    requestor,
    comment,
    createdAtMs,
    status: statusOf(action),
    endedAtMs: action.end?.atMs ?? null,
    commands: commandViews(tenant, action, atMs).map(({ command, status, startAtMs, endAtMs }) => ({
      command,
      status,
      startAtMs,
      endAtMs,
    })),
  };
}

function arrivalView(arrival: DoorArrival): Arrival {
  const { atMs, machineId, status, code, comment, requestor } = arrival;
  const view = { atMs, machineId, status, comment, requestor };
  return code === null ? view : { ...view, code };
}
