import type { LibraryRules } from "../../limits/library/rules.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { poll, type PollPorts, type PollReport } from "./poll.ts";
import { createTelling, type TellState } from "./tell-polled.ts";

/**
 * Polls while anything is outstanding, but not longer than its bound. If this process watches
 * already, it returns at once. Throws if storage is out of reach; the next tick tries again.
 */
export type Watch = (ports: PollPorts) => Promise<WatchReport>;

interface WatchReport {
  readonly polls: number;
  /** Sequences whose record changed. */
  readonly moved: number;
}

/** The process looks at least this many times between two usual lists: lists can be due earlier. */
const LOOKS_PER_LIST = 4;

/**
 * One watch for a process, with `lingerMs` as its bound. A timer that ticks once a minute sees
 * within seconds what has ended, and pays one read a tick while nothing is outstanding. With 0 each
 * call polls at most once. The log is told that it polls, and how the queue is.
 */
export function createWatch(
  limits: Limits,
  lingerMs: number,
  tellState: TellState,
  library: LibraryRules | null = null,
): Watch {
  const restedPoll = createRestedPoll(limits, library);
  const tell = createTelling(limits, tellState);
  const lookEveryMs = limits.pollMs / LOOKS_PER_LIST;
  let isWatching = false;
  return async (ports) => {
    const came = { polls: 0, moved: 0 };
    if (isWatching) return came;
    isWatching = true;
    const untilMs = ports.clock.monotonicMs() + lingerMs;
    let pauseMs = lookEveryMs;
    try {
      for (;;) {
        const report = await restedPoll(ports);
        if (report !== null) {
          came.polls += 1;
          came.moved += report.moved;
          await tell(ports, report);
          pauseMs = pauseOf(report.restMs, lookEveryMs);
        }
        if (report?.outstanding === false) return came;
        if (ports.clock.monotonicMs() + pauseMs > untilMs) return came;
        await ports.clock.sleep(pauseMs);
      }
    } finally {
      isWatching = false;
    }
  };
}

/** So long that one of the looks comes when the rest is over, and no longer than usual. */
function pauseOf(restMs: number, longestMs: number): number {
  return restMs <= 0 ? longestMs : restMs / Math.ceil(restMs / longestMs);
}

/** A call this long before the next poll is due still counts as in time. */
const EARLY_MS = 1_000;

/**
 * A poll for a process that looks more often than there is something to see. After a poll it skips
 * calls until the next poll is due; a skipped call costs nothing and returns null. The rest between
 * polls is short while sessions are scarce. While nothing is outstanding there is no rest, so new
 * work is seen at the next call. Only this process knows of its rest; another process may take the
 * lease and poll meanwhile.
 */
export function createRestedPoll(
  limits: Limits,
  library: LibraryRules | null = null,
): (ports: PollPorts) => Promise<PollReport | null> {
  let restUntilMs = Number.NEGATIVE_INFINITY;
  let pollerId: string | null = null;
  return async (ports) => {
    const nowMs = ports.clock.monotonicMs();
    if (nowMs < restUntilMs) return null;
    pollerId ??= ports.random.id();
    const report = await poll(ports, limits, pollerId, library);
    restUntilMs = nowMs + report.restMs - EARLY_MS;
    return report;
  };
}
