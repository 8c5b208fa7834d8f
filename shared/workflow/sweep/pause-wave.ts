import type { Stored } from "../../ledger/sequence/rows.ts";
import { changeRound, changeSweep, factOfSweep } from "../../store/change-sweep.ts";
import { loadRound, loadSweep } from "../../store/load-sweeps.ts";
import { once, tryTransact } from "../../store/transact.ts";
import { failedWave, type Ends } from "../../sweep/failures.ts";
import type { RoundRecord } from "../../sweep/round.ts";
import { stalledBy } from "../../sweep/sweep.ts";
import type { SweepPorts } from "./ports.ts";

/**
 * Pauses a round whose first wave is over without half of it succeeding: nobody else would go, and
 * nobody would know. If a person lets it go on, all others may go. Nothing happens if the round has
 * changed since it was seen.
 */
export async function pauseWave(
  ports: SweepPorts,
  seen: Stored<RoundRecord>,
  ends: Ends,
): Promise<void> {
  const { name, number } = seen.value;
  const atMs = Math.floor(ports.clock.earliest());
  await tryTransact(ports, once(`round ${number} of ${name}`), async (tx) => {
    const [round, sweep] = [await loadRound(tx, name, number), await loadSweep(tx, name)];
    if (round === null || sweep === null || round.etag !== seen.etag) return;
    const paused = { code: "failures", detail: failedWave(round.value, ends), atMs };
    changeRound(tx, round, { ...round.value, paused, hindrance: null, isWaveOver: true });
    const said = { atMs, by: null, detail: `round ${number}: ${paused.detail}` };
    const stalled = stalledBy(sweep.value, { round: number, ...paused });
    changeSweep(tx, sweep, stalled, [factOfSweep("roundPaused", said)]);
  });
}
