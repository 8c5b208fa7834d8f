import { createServiceClock, type ObservedClock } from "../../shared/azure/service-clock.ts";
import type { Random } from "../../shared/ports.ts";
import type { MemoryClock } from "../../local/memory/clock.ts";
import { between, oneOf } from "./streams.ts";

/** One life of a host's process; after a crash a new one begins. */
export interface Epoch {
  readonly hostId: string;
  /** True for every other one: where versions are mixed, it is of the newer. */
  readonly isNewer: boolean;
  /** True if its app has the setting PAUSED. */
  readonly isPaused: boolean;
  readonly observed: ObservedClock;
  alive: boolean;
  /** The whole machine stands still until then, true time. */
  frozenUntilMs: number;
  /** Where this host's front end of the table service is off, milliseconds. */
  readonly frontEndMs: number;
  /** Called when it dies. */
  readonly onDeath: Set<() => void>;
}

export interface Hosts {
  /** One of those alive, or null. */
  any(): Epoch | null;
  /** True while all that are alive stand still: then nobody does anything. */
  areStill(): boolean;
  crash(epoch: Epoch): void;
  readonly crashes: number;
}

/** A promise that is never settled: what a dead process waits for. */
export async function never(): Promise<never> {
  return await new Promise(() => {});
}

/** Waits until the epoch runs; never returns if it died. */
export async function whileAlive(clock: MemoryClock, epoch: Epoch): Promise<void> {
  while (epoch.alive && epoch.frozenUntilMs > clock.nowMs()) {
    await clock.sleep(epoch.frozenUntilMs - clock.nowMs());
  }
  if (!epoch.alive) await never();
}

const RESTARTED_WITHIN_MS = 30_000;

/**
 * `count` hosts, each started again some seconds to minutes after it died. Those that start before
 * `pausedUntilMs` have the setting PAUSED. When it is taken away, they are ended one by one.
 */
export function createHosts(
  clock: MemoryClock,
  { count, pausedUntilMs }: { readonly count: number; readonly pausedUntilMs: number | null },
  random: Random,
): Hosts {
  const alive: Epoch[] = [];
  let started = 0;
  const state = { crashes: 0 };
  const start = (): void => {
    started += 1;
    const isPaused = pausedUntilMs !== null && clock.nowMs() < pausedUntilMs;
    alive.push(newEpoch(clock, { number: started, isPaused }, random));
  };
  const crash = (epoch: Epoch): void => {
    if (!epoch.alive) return;
    epoch.alive = false;
    state.crashes += 1;
    alive.splice(alive.indexOf(epoch), 1);
    for (const die of epoch.onDeath) die();
    clock.at(clock.nowMs() + between(random, 1_000, 90_000), start);
  };
  if (pausedUntilMs !== null) {
    clock.at(pausedUntilMs, () => {
      for (const epoch of alive.filter(({ isPaused }) => isPaused)) {
        clock.at(clock.nowMs() + between(random, 0, RESTARTED_WITHIN_MS), () => crash(epoch));
      }
    });
  }
  for (let host = 0; host < count; host += 1) start();
  return {
    any: () => (alive.length === 0 ? null : oneOf(random, alive)),
    areStill: () => alive.every((each) => each.frozenUntilMs > clock.nowMs()),
    crash,
    get crashes() {
      return state.crashes;
    },
  };
}

/**
 * Monotonic clocks start anywhere and run up to 100 ppm wrong; front ends differ by up to 250 ms
 * between two.
 */
function newEpoch(
  clock: MemoryClock,
  { number, isPaused }: { readonly number: number; readonly isPaused: boolean },
  random: Random,
): Epoch {
  const originMs = between(random, 0, 1e9);
  const rate = 1 + between(random, -1e-4, 1e-4);
  const bornAtMs = clock.nowMs();
  const epoch: Epoch = {
    hostId: `host-${number}`,
    isNewer: number % 2 === 0,
    isPaused,
    observed: createServiceClock({
      monotonicMs: () => originMs + (clock.nowMs() - bornAtMs) * rate,
      sleep: async (ms) => {
        await clock.sleep(ms);
        await whileAlive(clock, epoch);
      },
    }),
    alive: true,
    frozenUntilMs: 0,
    frontEndMs: between(random, -125, 125),
    onDeath: new Set(),
  };
  return epoch;
}
