import type { Limits } from "../../limits/pace/limits.ts";
import type { Ports } from "../../ports.ts";
import type { PollPorts, PollReport } from "./poll.ts";

/** Writes into the log how the queue is. */
export type TellState = (ports: Pick<Ports, "ledger" | "clock" | "log">) => Promise<void>;

/** A minute; the alarm waits for five of them. */
const POLLS_PER_LINE = 4;
/** Five minutes: it costs a few reads. */
const POLLS_PER_STATE = 20;
/** The ticks of a timer come a little early or late; one this early counts as in time. */
const NEARLY = 0.9;

/**
 * What a process tells the log about its polls: once a minute that it polls, and once in five
 * minutes how the queue is, while anything is outstanding. An app at rest writes a line a minute,
 * and reads nothing for it.
 */
export function createTelling(
  limits: Limits,
  tellState: TellState,
): (ports: PollPorts, report: PollReport) => Promise<void> {
  let polledFromMs = Number.NEGATIVE_INFINITY;
  let stateFromMs = Number.NEGATIVE_INFINITY;
  return async (ports, { outstanding, listed }) => {
    const nowMs = ports.clock.monotonicMs();
    if (nowMs >= polledFromMs) {
      polledFromMs = nowMs + limits.pollMs * POLLS_PER_LINE * NEARLY;
      ports.log("info", "polled", { outstanding, listed });
    }
    if (!outstanding || nowMs < stateFromMs) return;
    stateFromMs = nowMs + limits.pollMs * POLLS_PER_STATE * NEARLY;
    await tellState(ports);
  };
}
