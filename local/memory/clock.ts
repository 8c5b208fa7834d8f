import { setImmediate } from "node:timers/promises";
import type { ServiceClock } from "../../shared/ports.ts";
import { createEventHeap } from "./event-heap.ts";

/** More events than this in one instant means that something sleeps 0 ms for ever. */
const EVENTS_PER_INSTANT_MAX = 100_000;

export interface MemoryClockOptions {
  /** The time of the service at first, epoch milliseconds. */
  readonly startMs: number;
  /**
   * Waits until everything that was woken sleeps again or has ended; absent: until no promise is
   * left to settle.
   */
  readonly settle?: () => Promise<unknown>;
}

/** What one host knows of the time; all in milliseconds. */
interface HostTime {
  /** How much earlier and later than true its interval reaches; 0 when absent. */
  readonly earlyMs?: number;
  readonly lateMs?: number;
  /** What its monotonic clock shows at the start; 0 when absent. */
  readonly monotonicStartMs?: number;
}

/**
 * Virtual time. As a `ServiceClock` it is exact; `host` gives the clocks of hosts that know less.
 * It stands still until its owner advances it; then sleepers wake in the order of their times, and
 * what they do takes no time at all.
 */
export interface MemoryClock extends ServiceClock {
  /** The true time of the service. */
  nowMs(): number;
  host(time: HostTime): ServiceClock;
  /** Calls `act` when time has come to `atMs`, or at once in the next advance if that is past. */
  at(atMs: number, act: () => void): void;
  /** When the next sleeper wakes or the next action is due, or null. */
  nextAtMs(): number | null;
  /**
   * Moves time to `atMs`, waking on the way. Throws if that is past, or an advance is still under
   * way.
   */
  advanceTo(atMs: number): Promise<void>;
}

/** A clock for tests and simulations: no timer, and the same course for the same calls. */
export function createMemoryClock(options: MemoryClockOptions): MemoryClock {
  const { startMs, settle = setImmediate } = options;
  const events = createEventHeap();
  let nowMs = startMs;
  let advancing = false;
  const at = (atMs: number, act: () => void): void => {
    if (!Number.isFinite(atMs)) throw new Error(`no time to act at: ${atMs}`);
    events.add({ atMs: Math.max(nowMs, atMs), act });
  };
  const runUntil = async (untilMs: number): Promise<void> => {
    let atOnce = 0;
    await settle();
    for (let next = events.peek(); next !== null && next.atMs <= untilMs; next = events.peek()) {
      atOnce = next.atMs > nowMs ? 0 : atOnce + 1;
      if (atOnce > EVENTS_PER_INSTANT_MAX) throw new Error(`time stands still at ${nowMs}`);
      nowMs = next.atMs;
      events.take()?.act();
      await settle();
    }
    nowMs = untilMs;
  };
  const host = ({ earlyMs = 0, lateMs = 0, monotonicStartMs = 0 }: HostTime): ServiceClock => ({
    earliest: () => Math.floor(nowMs - earlyMs),
    latest: () => Math.ceil(nowMs + lateMs),
    monotonicMs: () => monotonicStartMs + nowMs - startMs,
    sleep: async (ms) =>
      await new Promise((resolve) => at(nowMs + Math.max(0, ms), () => resolve())),
  });
  return {
    ...host({}),
    nowMs: () => nowMs,
    host,
    at,
    nextAtMs: () => events.peek()?.atMs ?? null,
    advanceTo: async (atMs) => {
      if (advancing) throw new Error("an advance is still under way");
      if (!(atMs >= nowMs)) throw new Error(`time does not go back from ${nowMs} to ${atMs}`);
      advancing = true;
      await runUntil(atMs).finally(() => {
        advancing = false;
      });
    },
  };
}
