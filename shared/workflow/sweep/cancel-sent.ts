import type { Limits } from "../../limits/pace/limits.ts";
import { sweepRunIdOf } from "../../plan/identity.ts";
import { changeRound } from "../../store/change-sweep.ts";
import { loadRound } from "../../store/load-sweeps.ts";
import { unlessSetAside } from "../../store/set-aside.ts";
import { tryTransact, usual } from "../../store/transact.ts";
import type { RoundRecord } from "../../sweep/round.ts";
import { cancelRun } from "../operate/cancel-run.ts";
import type { SweepPorts } from "./ports.ts";

type CancelPorts = Pick<SweepPorts, "ledger" | "bells" | "clock" | "random" | "log">;

/**
 * Cancels what a stopped round has sent: what waits, or all of it, as the stop asks. It is done
 * again after a crash, until it was done to the end.
 */
export async function cancelSent(
  ports: CancelPorts,
  limits: Limits,
  { name, number, closed, uncounted, inHand }: RoundRecord,
): Promise<void> {
  const cancels = closed?.cancels ?? null;
  if (closed === null || cancels === null) return;
  const by = closed.by ?? `sweep ${name}`;
  const cancelling = {
    by,
    covers: () => true,
    isWhole: cancels === "all",
    sparesBegun: cancels === "waiting",
  };
  let setAside = 0;
  for (const batch of uncounted) {
    const runId = sweepRunIdOf({ name, round: number, batch });
    const came = await unlessSetAside(ports, { setAside: 1 }, () =>
      cancelRun(ports, limits, runId, cancelling),
    );
    setAside += came?.setAside ?? 0;
  }
  // What is in hand is settled first, and what cannot be read may be readable later: the next look
  // cancels what of it was sent.
  if (inHand.length > 0 || setAside > 0) return;
  await tryTransact(ports, usual(`round ${number} of ${name}`), async (tx) => {
    const round = await loadRound(tx, name, number);
    if (round === null || round.value.closed?.cancels !== cancels) return;
    if (round.value.inHand.length > 0) return;
    changeRound(tx, round, { ...round.value, closed: { ...round.value.closed, cancels: null } });
  });
}

/** The same at once, for a round that a person has just closed; nothing if it is not closed. */
export async function cancelAtOnce(
  ports: CancelPorts,
  limits: Limits,
  { name, number }: Pick<RoundRecord, "name" | "number">,
): Promise<void> {
  const round = await loadRound(ports.ledger, name, number);
  if (round === null) return;
  const { batch, uncounted } = round.value;
  const all = uncounted.includes(batch) ? uncounted : [...uncounted, batch];
  await cancelSent(ports, limits, { ...round.value, uncounted: all });
}
