import type { Defender, Machine } from "../../shared/ports.ts";

/** A machine of which Defender says no more than has to be said. */
export function aMachine(machineId: string, more: Partial<Machine> = {}): Machine {
  return {
    machineId,
    name: null,
    platform: "windows",
    onboarded: true,
    lastSeenAtMs: null,
    health: null,
    mergedInto: null,
    tags: null,
    group: null,
    ...more,
  };
}

/** Defender knows every machine that it is asked for, and nothing but its platform. */
export function knowingEach(more: Partial<Machine> = {}): Defender["readMachines"] {
  return async (machineIds) => {
    return { kind: "answered", value: machineIds.map((each) => aMachine(each, more)) };
  };
}

/** Defender does not answer. */
export async function noAnswer(): ReturnType<Defender["readMachines"]> {
  return { kind: "unavailable", detail: "no answer" };
}
