import { isFinished, sequenceSchema } from "../../shared/ledger/sequence/sequence.ts";
import type { Ledger } from "../../shared/ports.ts";

/** The ledger, which tells of each machine whose sequence has ended. */
export function watched(ledger: Ledger, ended: (machineId: string) => void): Ledger {
  return {
    ...ledger,
    commit: async (changes) => {
      const outcome = await ledger.commit(changes);
      if (outcome.kind === "conflict") return outcome;
      for (const change of changes) {
        const body: unknown = change.op === "delete" ? null : change.body;
        const isSequence = change.key.startsWith("sequence!");
        const read = isSequence ? sequenceSchema.safeParse(body).data : undefined;
        if (read !== undefined && isFinished(read)) ended(read.machineId);
      }
      return outcome;
    },
  };
}
