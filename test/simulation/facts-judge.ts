import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import type { Court } from "./invariants.ts";
import type { Scenario } from "./scenario.ts";
import { nameOf } from "./tenant.ts";

/** Hosts know the clock of the ledger by an interval, so their times may differ by so much. */
const CLOCKS_MS = 10_000;

/** Whether what is known of a machine comes from Defender before anything is sent to it. */
export interface FactsJudge {
  moved(before: SequenceRecord | null, after: SequenceRecord): void;
  /** True if the machine is not what its senders say, or is not there at `nowMs`. */
  isOther(machineId: string, nowMs: number): boolean;
  /** True if the scope of the drains denies the machine at `nowMs`. */
  isDenied(machineId: string, nowMs: number): boolean;
}

export function createFactsJudge(
  court: Court,
  { machines, factsAgeMs }: Pick<Scenario, "machines" | "factsAgeMs">,
  startMs: number,
): FactsJudge {
  const of = (machineId: string) => machines.find((each) => each.machineId === machineId);
  return {
    moved: (before, after) => {
      if (after.state !== "claimed" || before?.state === "claimed") return;
      const { offLimitsFromMs = Infinity } = of(after.machineId) ?? {};
      const sinceMs = (after.claimedAtMs ?? 0) - startMs - offLimitsFromMs;
      if (factsAgeMs !== null && sinceMs > factsAgeMs + CLOCKS_MS) {
        court.fail("facts", `${after.sequenceId} is claimed ${sinceMs} ms after it was denied`);
      }
      const { machineId, machineName, machineFacts } = after;
      const name = nameOf(machineId);
      if (machineFacts?.name !== name || machineName !== name) {
        court.fail("facts", `${after.sequenceId} is claimed for ${machineName ?? "no name"}`);
      }
      if (of(machineId)?.isOther === true) {
        court.fail("facts", `${after.sequenceId} is claimed for a machine that runs Windows`);
      }
    },
    isDenied: (machineId, nowMs) => {
      const { offLimitsFromMs = Infinity } = of(machineId) ?? {};
      return factsAgeMs !== null && nowMs >= startMs + offLimitsFromMs;
    },
    isOther: (machineId, nowMs) => {
      const machine = of(machineId);
      return machine?.isOther === true || nowMs >= startMs + (machine?.goneAtMs ?? Infinity);
    },
  };
}
