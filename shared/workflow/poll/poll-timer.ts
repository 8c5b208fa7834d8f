import type { Limits } from "../../limits/pace/limits.ts";
import { poll, type PollPorts, type PollReport } from "./poll.ts";

/** So much before the next poll is due the timer's tick counts as its time. */
const EARLY_MS = 1_000;

/**
 * A poll for a timer that ticks more often than there is something to see: after a poll it rests
 * until the next is due, and spends nothing. It never rests while sessions bind for longer than a
 * poll then takes, nor while nothing is outstanding: new work is seen at the next tick. Only this
 * process knows of the rest; the poll of another takes the lease in the ledger as ever. Null is a
 * tick that was rested through.
 */
export function createRestedPoll(limits: Limits): (ports: PollPorts) => Promise<PollReport | null> {
  let restUntilMs = Number.NEGATIVE_INFINITY;
  let pollerId: string | null = null;
  return async (ports) => {
    const nowMs = ports.clock.monotonicMs();
    if (nowMs < restUntilMs) return null;
    pollerId ??= ports.random.id();
    const report = await poll(ports, limits, pollerId);
    restUntilMs = nowMs + report.restMs - EARLY_MS;
    return report;
  };
}
