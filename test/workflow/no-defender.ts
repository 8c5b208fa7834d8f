import type { Defender } from "../../shared/ports.ts";

/** Defender, for a test in which nobody asks it anything: whoever does is told so. */
export function noDefender(): Defender {
  return {
    prepare: never,
    submit: never,
    listActions: never,
    listPending: never,
    getAction: never,
    cancelAction: never,
    resultLink: never,
    download: never,
    readMachines: never,
    findMachines: never,
    machinesSeenSince: never,
    listMachines: never,
    hunt: never,
    listLibrary: never,
  };
}

async function never(): Promise<never> {
  throw new Error("nobody asks Defender here");
}
