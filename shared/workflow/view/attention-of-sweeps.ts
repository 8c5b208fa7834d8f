import type { SweepRecord } from "../../sweep/sweep.ts";
import { attention, type Attention } from "./attention.ts";

/** Rounds that have paused themselves and are still open. */
export function stalledRounds(sweeps: readonly SweepRecord[]): Attention[] {
  return sweeps.flatMap(({ name, stalled }) =>
    stalled.map(({ round, detail, atMs }) =>
      attention("roundPaused", { detail: `round ${round} of ${name}: ${detail}`, sinceMs: atMs }),
    ),
  );
}

/** The last rounds of sweeps that have ended since then and reached too few machines. */
export function shortRounds(sweeps: readonly SweepRecord[], sinceMs: number): Attention[] {
  return sweeps.flatMap(({ name, last }) => {
    if (last === null || !last.short || last.endedAtMs < sinceMs) return [];
    const { round, targeted, reached, endedAtMs } = last;
    const detail = `round ${round} of ${name} reached ${reached} of ${targeted} machines`;
    const count = targeted - reached;
    return [attention("roundShort", { detail, sinceMs: endedAtMs, count })];
  });
}
