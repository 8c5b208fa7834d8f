import { LINGER_MS, whileTimePasses } from "../drain/run-virtual.ts";
import { createVirtualWorld, type VirtualWorld } from "../drain/virtual-world.ts";
import { SHIPPED } from "../shipped-limits.ts";
import { beginRound, pagesOf, tickSweeps, type Manner } from "./one-sweep.ts";

/** Half a minute to a minute and a half: calls bind, not sessions. */
const SESSION_MS = [30_000, 90_000] as const;
export const MEAN_SESSION_MS = 60_000;

export interface Sweeping extends Manner {
  readonly seed: number;
  readonly workers: number;
  readonly machineIds: readonly string[];
  /** Half a minute to a minute and a half if absent. */
  readonly sessionMs?: readonly [number, number];
  /** Machines that never answer, though they have reported lately; none if absent. */
  readonly isOffline?: (machineId: string) => boolean;
}

/** A world whose timer goes on with a round over all machines, from when the world starts. */
export async function createSweptWorld(options: Sweeping): Promise<VirtualWorld> {
  const { seed, workers, machineIds } = options;
  const { sessionMs = SESSION_MS, isOffline = () => false } = options;
  const world = createVirtualWorld({
    seed,
    workers,
    limits: SHIPPED,
    lingerMs: LINGER_MS,
    tenant: { ...SHIPPED, sessionMs, isOffline, command: "PutFile" },
    listMachines: pagesOf(machineIds, () => world.clock.nowMs()),
    alsoAtTick: tickSweeps,
  });
  await whileTimePasses(world, beginRound(world.ports("accept"), options));
  return world;
}
