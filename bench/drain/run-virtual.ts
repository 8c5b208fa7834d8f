import type { Limits } from "../../shared/limits/pace/limits.ts";
import { SHIPPED } from "../shipped-limits.ts";
import { acceptIncident, type BenchProfile } from "./backlog.ts";
import {
  createVirtualWorld,
  type Spent,
  type VirtualWorld,
  type VirtualWorldOptions,
} from "./virtual-world.ts";

/** DRAIN_LINGER_SECONDS as shipped. */
export const LINGER_MS = 240_000;

const MACHINES_PER_INCIDENT = 100;
const STEP_MS = 1_000;

/** A world with `backlog` sequences accepted and nothing started yet. */
export interface Loaded {
  readonly world: VirtualWorld;
  /** What accepting cost, in storage requests. */
  readonly acceptRequests: number;
}

export interface Load {
  readonly seed: number;
  readonly workers: number;
  readonly backlog: readonly string[];
  readonly sessionMs: readonly [number, number];
  readonly profile?: BenchProfile;
  readonly isOffline?: (machineId: string) => boolean;
  readonly limits?: Limits;
  readonly alsoAtTick?: VirtualWorldOptions["alsoAtTick"];
}

/** Accepts the backlog in incidents of 100 machines, by the production workflow. */
export async function load(options: Load): Promise<Loaded> {
  const { seed, workers, backlog, sessionMs, profile = "sweep-put", limits = SHIPPED } = options;
  const { isOffline = () => false, alsoAtTick = async () => null } = options;
  const command = profile === "sweep-file" ? "GetFile" : "PutFile";
  const tenant = { ...SHIPPED, sessionMs, isOffline, command } as const;
  const world = createVirtualWorld({
    seed,
    workers,
    limits,
    lingerMs: LINGER_MS,
    tenant,
    alsoAtTick,
  });
  const accepting = async (): Promise<void> => {
    const ports = world.ports("accept");
    for (let from = 0; from < backlog.length; from += MACHINES_PER_INCIDENT) {
      const some = backlog.slice(from, from + MACHINES_PER_INCIDENT);
      await acceptIncident(ports, limits, { incidentId: `i-${from}`, machineIds: some, profile });
    }
  };
  await whileTimePasses(world, accepting());
  const acceptRequests = world.spent.accept + world.queue.counts.requests;
  return { world, acceptRequests };
}

/** Runs until `done`, but not longer than `mostMs`. */
export async function runUntil(
  { clock }: VirtualWorld,
  mostMs: number,
  done: () => boolean,
): Promise<void> {
  const untilMs = clock.nowMs() + mostMs;
  while (!done() && clock.nowMs() < untilMs) await clock.advanceTo(clock.nowMs() + STEP_MS);
}

/** All storage requests so far but those of accepting. */
export function workRequests({ spent, queue }: VirtualWorld, before: Before): number {
  const work = spent.drain + spent.poll - before.spent.drain - before.spent.poll;
  return work + queue.counts.requests - before.queue;
}

export interface Before {
  readonly spent: Spent;
  readonly queue: number;
}

export function countsNow({ spent, queue }: VirtualWorld): Before {
  return { spent: { ...spent }, queue: queue.counts.requests };
}

/** Moves time on until `work` is done. */
export async function whileTimePasses(
  { clock }: Pick<VirtualWorld, "clock">,
  work: Promise<void>,
): Promise<void> {
  const state = { isDone: false };
  const over = work.finally(() => {
    state.isDone = true;
  });
  // Whatever it throws is thrown below, when it is waited for.
  over.catch(() => undefined);
  while (!state.isDone) await clock.advanceTo(clock.nowMs() + STEP_MS);
  await over;
}
