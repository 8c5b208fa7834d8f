import { once } from "node:events";
import type { Server } from "node:http";
import { REAL_CLOCK } from "./clock.ts";
import { createAction, openActionOn } from "./create-action.ts";
import { countFaults } from "./faults.ts";
import type { Fault } from "./fault-plan.ts";
import { changeLibrary } from "./library-changes.ts";
import { advance } from "./machine-actions.ts";
import type { LibraryChange, SimulatedMachine, SimulatorOptions } from "./options.ts";
import { createTenantServer } from "./server.ts";
import { readSnapshot, writeSnapshot } from "./snapshot.ts";
import { createTenant } from "./tenant.ts";
import type { Tenant } from "./tenant.ts";
import { views } from "./views.ts";
import type { Views } from "./views.ts";

/** A running simulator, and what a test may look at and turn. Instants are epoch milliseconds. */
export interface Simulator extends Views {
  /** `http://127.0.0.1:<port>`: API base, token endpoint and result links alike. */
  readonly url: string;
  /** Overrides the machine's outage windows from now on. */
  setOffline(machineId: string, offline: boolean): void;
  /** Overrides the machine's portal session windows from now on. */
  holdPortalSession(machineId: string, isOpen: boolean): void;
  /** Plans a fault; what it returns lifts the fault again. */
  addFault(fault: Fault): () => void;
  /** Plans a change of the library by somebody else; without a time it is made at once. */
  changeLibrary(change: LibraryChange): void;
  /**
   * Starts a session for another application; it counts against the tenant's calls a minute and
   * sessions. Returns its action id; throws when the machine is busy or unknown. Its script takes
   * `seconds`, default 60.
   */
  startForeignSession(machineId: string, requestor: string, seconds?: number): string;
  /** Breaks what is still under way, saves, and frees the port. */
  close(): Promise<void>;
}

/**
 * Listens on 127.0.0.1. Rejects when the port is taken, an option makes no sense, or the snapshot
 * is not one.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const clock = options.clock ?? REAL_CLOCK;
  const { snapshotFile } = options;
  const remembered = snapshotFile === undefined ? null : readSnapshot(snapshotFile);
  const tenant = createTenant(options, remembered, clock.nowMs());
  const faults = [...(options.faults ?? [])];
  countFaults(tenant, faults);
  const closing = new AbortController();
  const save = () => {
    if (!tenant.changed || snapshotFile === undefined) return;
    writeSnapshot(snapshotFile, tenant.state);
    tenant.changed = false;
  };
  const surroundings = { tenant, clock, faults, closing: closing.signal, save };
  const server = createTenantServer(surroundings);
  tenant.url = await listen(server, options.port ?? 0);
  save();
  const nowMs = () => {
    const atMs = clock.nowMs();
    advance(tenant, atMs);
    return atMs;
  };
  const change = (apply: (atMs: number) => void) => {
    apply(nowMs());
    tenant.changed = true;
    save();
  };
  return {
    url: tenant.url,
    ...views(tenant, nowMs),
    ...hands(tenant, change),
    addFault: (fault) => {
      const place = faults.push(fault) - 1;
      // Counted from here on, also when an earlier life had planned something at this place.
      tenant.state.faultCalls[place] = 0;
      return () => {
        faults[place] = { ...fault, times: 0 };
      };
    },
    close: async () => {
      closing.abort();
      nowMs();
      save();
      await stop(server);
    },
  };
}

async function listen(server: Server, port: number): Promise<string> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Not listening on a port");
  return `http://127.0.0.1:${address.port}`;
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

function hands(
  tenant: Tenant,
  change: (apply: (atMs: number) => void) => void,
): Pick<Simulator, "setOffline" | "holdPortalSession" | "changeLibrary" | "startForeignSession"> {
  return {
    setOffline: (machineId, offline) =>
      change((sinceMs) => {
        tenant.state.offline[known(tenant, machineId).id.toLowerCase()] = { offline, sinceMs };
      }),
    holdPortalSession: (machineId, isOpen) =>
      change(() => {
        tenant.state.portalSessions[known(tenant, machineId).id.toLowerCase()] = isOpen;
      }),
    changeLibrary: (planned) =>
      change((atMs) => {
        tenant.libraryChanges.push(planned);
        changeLibrary(tenant, atMs);
      }),
    startForeignSession: (machineId, requestor, seconds = 60) => {
      let id = "";
      change((atMs) => {
        id = foreignSession(tenant, known(tenant, machineId), atMs, { requestor, seconds });
      });
      return id;
    },
  };
}

function foreignSession(
  tenant: Tenant,
  machine: SimulatedMachine,
  atMs: number,
  { requestor, seconds }: { readonly requestor: string; readonly seconds: number },
): string {
  if (openActionOn(tenant, machine) !== null) throw new Error(`Machine ${machine.id} is busy`);
  const scope = tenant.rules.switches.limitScope === "tenant" ? "tenant" : requestor;
  const comment = `a session of ${requestor}`;
  const action = createAction(tenant, machine, atMs, {
    requestor,
    scope,
    comment,
    externalId: null,
    foreignSeconds: seconds,
    commands: [{ type: "RunScript", scriptName: "foreign.ps1", args: null }],
  });
  const machineId = action.machineId;
  tenant.state.arrivals.push({
    atMs,
    machineId,
    requestor,
    scope,
    comment,
    status: 201,
    code: null,
    overHttp: false,
  });
  return action.id;
}

function known(tenant: Tenant, machineId: string): SimulatedMachine {
  const machine = tenant.machines.get(machineId.toLowerCase());
  if (machine === undefined) throw new Error(`The tenant has no machine ${machineId}`);
  return machine;
}
