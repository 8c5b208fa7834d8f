import { setTimeout as wait } from "node:timers/promises";

/** Epoch milliseconds. */
export interface Clock {
  nowMs(): number;
}

/** The wall clock. */
export const REAL_CLOCK: Clock = { nowMs: () => Date.now() };

/** A clock that stands still until it is told how far to move. */
export interface VirtualClock extends Clock {
  advanceMs(ms: number): void;
  advanceSeconds(seconds: number): void;
}

/** Starts at `startAtMs`; refuses to go back. */
export function virtualClock(startAtMs: number): VirtualClock {
  let nowMs = startAtMs;
  const advanceMs = (ms: number) => {
    if (!(ms >= 0)) throw new Error(`A virtual clock cannot move by ${ms} ms`);
    nowMs += ms;
  };
  return {
    nowMs: () => nowMs,
    advanceMs,
    advanceSeconds: (seconds) => advanceMs(seconds * 1_000),
  };
}

/** How often a virtual clock is looked at while something waits for it. */
const POLL_EVERY_MS = 5;

/** Waits until `clock` shows `untilMs`, or until `signal` aborts; never rejects. */
export async function sleepUntil(
  clock: Clock,
  untilMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (clock.nowMs() < untilMs && !signal.aborted) {
    const remainingMs = clock === REAL_CLOCK ? untilMs - clock.nowMs() : POLL_EVERY_MS;
    await wait(Math.max(1, remainingMs), undefined, { signal }).catch(() => undefined);
  }
}
