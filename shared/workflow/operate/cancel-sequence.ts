import { holdsSession, isTerminal } from "../../ledger/sequence/sequence.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { changeOne } from "../../store/change-each.ts";
import type { ReachedSequence } from "../../store/reach-sequence.ts";
import { recordForRun } from "../../store/record-for-run.ts";
import { ringForReady } from "../../store/ring.ts";
import { unfold } from "../../store/unfold.ts";
import { cancelOne, type Cancelled, type CancelPorts } from "./cancel-run.ts";

const NONE: Cancelled = { ended: 0, asked: 0, alreadyOver: 0, setAside: 0 };

/** What a cancel of this sequence would affect now; it changes nothing. */
export function previewCancelOf({ record }: ReachedSequence): Cancelled {
  if (isTerminal(record)) return { ...NONE, alreadyOver: 1 };
  return holdsSession(record) ? { ...NONE, asked: 1 } : { ...NONE, ended: 1 };
}

/**
 * Ends one sequence as a cancel of its run would, and nothing else of the run. Who asked is in the
 * log of the run. Asking twice does no harm.
 */
export async function cancelSequence(
  ports: CancelPorts,
  limits: Limits,
  { runId, sequenceId, record }: ReachedSequence,
  by: string,
): Promise<Cancelled> {
  await recordForRun(ports, runId, "cancelAsked", { by, record });
  // Without its own rows it could not be changed.
  await unfold(ports, runId);
  const came = await changeOne(
    ports,
    sequenceId,
    async (tx, stored) => await cancelOne(tx, stored, by, ports.clock.earliest()),
  );
  ports.log("warn", "sequenceCancelled", { sequenceId, by, came: came ?? "setAside" });
  await ringForReady(ports, limits, { why: "released" });
  return { ...NONE, [came ?? "setAside"]: 1 };
}
