import { apiError } from "./answer.ts";
import type { Answer } from "./answer.ts";
import type { OutageWindow, SimulatedMachine } from "./options.ts";
import { fraction, guid } from "./random.ts";
import type { Tenant } from "./tenant.ts";

/**
 * The first time from `fromMs` on at which the machine is there, as far as is known now; null when
 * it is switched off by hand, is not onboarded, or never comes back.
 */
export function thereAtMs(
  tenant: Tenant,
  machine: SimulatedMachine,
  fromMs: number,
): number | null {
  if ((machine.onboardingStatus ?? "Onboarded").toLowerCase() !== "onboarded") return null;
  const byHand = tenant.state.offline[machine.id.toLowerCase()];
  if (byHand !== undefined) return byHand.offline ? null : Math.max(fromMs, byHand.sinceMs);
  return outageEndsAtMs(tenant, machine.offline ?? [], fromMs);
}

/** Whether a portal session, which no list shows, keeps the machine from taking another. */
export function inPortalSession(tenant: Tenant, machine: SimulatedMachine, nowMs: number): boolean {
  const byHand = tenant.state.portalSessions[machine.id.toLowerCase()];
  if (byHand !== undefined) return byHand;
  return outageEndsAtMs(tenant, machine.portalSession ?? [], nowMs) !== nowMs;
}

/**
 * `fromMs` when no window covers it, else the end of the windows that do; null when there is no
 * end.
 */
function outageEndsAtMs(
  tenant: Tenant,
  windows: readonly OutageWindow[],
  fromMs: number,
): number | null {
  const { rules, state } = tenant;
  let atMs = fromMs;
  for (const window of [...windows].sort((a, b) => a.fromSeconds - b.fromSeconds)) {
    const startMs = state.startedAtMs + rules.ms(window.fromSeconds);
    if (startMs > atMs) break;
    if (window.untilSeconds === undefined) return null;
    atMs = Math.max(atMs, state.startedAtMs + rules.ms(window.untilSeconds));
  }
  return atMs;
}

/**
 * By id, or by computer name as GET machine by id also takes it; null when nothing is called that.
 */
export function findMachine(tenant: Tenant, idOrName: string): SimulatedMachine | null {
  const wanted = idOrName.toLowerCase();
  const byId = tenant.machines.get(wanted);
  if (byId !== undefined) return byId;
  for (const machine of tenant.machines.values()) {
    if (machine.computerDnsName.toLowerCase() === wanted) return machine;
  }
  return null;
}

/** What every route says of a machine that nobody knows. */
export function unknownMachine(tenant: Tenant, idOrName: string): Answer {
  return apiError(tenant, 404, "ResourceNotFound", `Machine ${idOrName} was not found`);
}

/** A machine as the API shows it. */
export function machineEntity(tenant: Tenant, machine: SimulatedMachine): Record<string, unknown> {
  const { seed } = tenant.rules;
  const part = (label: string) => 1 + Math.floor(250 * fraction(seed, label, machine.id));
  const ip = `10.${part("ip2")}.${part("ip3")}.${part("ip4")}`;
  const started = new Date(tenant.state.startedAtMs).toISOString();
  return {
    id: machine.id.toLowerCase(),
    mergedIntoMachineId: machine.mergedIntoMachineId ?? null,
    computerDnsName: machine.computerDnsName,
    firstSeen: "2026-01-05T08:00:00Z",
    lastSeen: machine.lastSeen ?? started,
    osPlatform: machine.osPlatform,
    osVersion: null,
    osProcessor: "x64",
    osArchitecture: "64-bit",
    version: machine.osPlatform.startsWith("Windows") ? "24H2" : "Other",
    osBuild: null,
    lastIpAddress: ip,
    lastExternalIpAddress: "203.0.113.7",
    healthStatus: machine.healthStatus ?? "Active",
    onboardingStatus: machine.onboardingStatus ?? "Onboarded",
    rbacGroupId: machine.rbacGroupName === undefined ? 0 : 1 + part("rbac"),
    rbacGroupName: machine.rbacGroupName ?? null,
    riskScore: "None",
    exposureLevel: "Low",
    deviceValue: "Normal",
    aadDeviceId: guid(seed, "aadDeviceId", machine.id),
    machineTags: machine.machineTags ?? [],
    ipAddresses: [{ ipAddress: ip, macAddress: null, operationalStatus: "Up" }],
  };
}
