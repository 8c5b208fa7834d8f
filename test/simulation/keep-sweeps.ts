import type { Ledger, Row } from "../../shared/ports.ts";
import { DEFINITION, idOf, startSweeping } from "../workflow/sweep/sweeping.ts";

const MACHINES = 6;
/** A round takes fewer looks. */
const LOOKS = 10;
const LONG_AGO_MS = 2 * 86_400_000;
/** More than the rows of a few machines. */
const ROWS_MAX = 1_000;

/**
 * Every machine was reached in the first round. In the second some wait, some are in hand because
 * their run could not be written, and one is held because it has not reported for days. In the
 * simulation all machines report, and few looks end between two commits.
 */
export async function withHeldMachine(): Promise<{ atMs: number; rows: readonly Row[] }> {
  const sweeping = startSweeping(MACHINES);
  const { machines, ports } = sweeping;
  await sweeping.apply({ ...DEFINITION, profiles: ["sweep-autostarts"], firstWave: 2 });
  await sweeping.start();
  for (let look = 0; look < LOOKS && (await sweeping.sweep()).open.length > 0; look += 1) {
    await sweeping.ticks(1);
    await sweeping.endAll();
  }
  const away = machines.get(idOf(MACHINES));
  if (away === undefined) throw new Error("the last machine is gone");
  machines.set(idOf(MACHINES), { ...away, lastSeenAtMs: sweeping.nowMs() - LONG_AGO_MS });
  await sweeping.start();
  await sweeping.ticks(1);
  await sweeping.ticks(1, withoutRuns(ports.ledger)).catch(() => null);
  return { atMs: ports.clock.earliest(), rows: await ports.ledger.list("", "~", ROWS_MAX) };
}

/** Takes no rows of runs, as if it was out of reach just then. */
function withoutRuns(ledger: Ledger): Ledger {
  return {
    ...ledger,
    commit: async (changes) => {
      if (changes.some(({ key }) => key.startsWith("run!"))) throw new Error("out of reach");
      return await ledger.commit(changes);
    },
  };
}
