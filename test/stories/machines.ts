import type { SimulatedMachine } from "../../local/defender-simulator/options.ts";
import { sampleTenant } from "../../local/defender-simulator/sample-tenant.ts";

/** The files the shipped profiles run, as a tenant has to have them. */
export const LIBRARY = sampleTenant({ machines: 0 }).library;

/** A Windows machine that every story may change; its number makes id and name. */
export function machine(number: number, more: Partial<SimulatedMachine> = {}): SimulatedMachine {
  return {
    id: machineId(number),
    computerDnsName: `pc-${number}.corp.contoso.example`,
    osPlatform: "Windows11",
    ...more,
  };
}

/** Machines of these numbers that Defender knows, and on which it will start nothing. */
export function refusingMachines(...numbers: readonly number[]): SimulatedMachine[] {
  return numbers.map((number) => machine(number, { refuses: "ClientVersionNotSupported" }));
}

/** Machines 1 to `count`. */
export function machines(count: number): SimulatedMachine[] {
  return Array.from({ length: count }, (_, index) => machine(index + 1));
}

/**
 * A setting with which a machine that is offline keeps its session: nothing moves until the story
 * lets the machine come back, however long that takes.
 */
export const OFFLINE_HOLDS = { DEFENDER_PENDING_MINUTES: "10080" };
/** A setting for a story that counts calls: none is made again because its answer came late. */
export const PATIENT_CALLS = { CALL_TIMEOUT_SECONDS: "60" };

export function machineId(number: number): string {
  return number.toString(16).padStart(40, "0");
}

/** A generic incident of high severity, so that triage is run: PutFile, RunScript, GetFile. */
export function incident(id: string, of: readonly number[], more: object = {}): object {
  return {
    incident: { id, title: `Story ${id}`, severity: "high" },
    machines: of.map((number) => ({ machineId: machineId(number), platform: "windows" })),
    ...more,
  };
}
