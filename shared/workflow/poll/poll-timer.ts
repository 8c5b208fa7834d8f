import type { Limits } from "../../limits/pace/limits.ts";
import { poll, type PollPorts, type PollReport } from "./poll.ts";

/** A tick of the timer this long before the next poll is due still counts as in time. */
const EARLY_MS = 1_000;

/**
 * A poll for a timer that ticks more often than there is something to see. After a poll it skips
 * the ticks until the next poll is due; a skipped tick costs nothing and returns null. The rest
 * between polls is short while sessions are scarce. While nothing is outstanding there is no rest,
 * so new work is seen at the next tick. Only this process knows of its rest; another process may
 * take the lease and poll meanwhile.
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
