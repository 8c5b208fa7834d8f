import { atMost, row, type Row } from "../table.ts";
import { acceptIncident, machineIdOf, machinesOf } from "./backlog.ts";
import { percentile } from "./figures.ts";
import { overRow } from "./over-row.ts";
import { SHIPPED } from "../shipped-limits.ts";
import { load, runUntil } from "./run-virtual.ts";
import type { VirtualWorld } from "./virtual-world.ts";
import { between } from "./wire.ts";

const BACKLOG = 5_000;
const ARRIVALS = 150;
/** One urgent machine at a time, somewhere in every second minute. */
const EVERY_MS = 120_000;
const SETTLED_MS = 300_000;

/** How long an urgent sequence waits, from its incident's POST until its own, behind a sweep. */
export async function measureUrgent(): Promise<readonly Row[]> {
  const { world } = await load({
    seed: 11,
    workers: 4,
    backlog: machinesOf("m", BACKLOG),
    sessionMs: [30_000, 90_000],
  });
  world.start();
  const waitsSeconds = await urgentWaits(world, { arrivals: ARRIVALS, settledMs: SETTLED_MS });
  const at = { part: "drain", setting: `behind 5,000 queued, ${ARRIVALS} arrivals, 4 workers` };
  return [...urgentRows(waitsSeconds, at), overRow(world, at)];
}

/** The middle and the slowest of the waits, in seconds, each with its bound. */
export function urgentRows(
  waitsSeconds: readonly number[],
  at: Pick<Row, "part" | "setting">,
): readonly Row[] {
  return [
    row({
      ...at,
      measure: "urgent arrival until submitted, p50",
      value: percentile(waitsSeconds, 0.5),
      unit: "s",
      bound: atMost(10),
    }),
    row({
      ...at,
      measure: "urgent arrival until submitted, p99",
      value: percentile(waitsSeconds, 0.99),
      unit: "s",
      bound: atMost(60),
    }),
  ];
}

/**
 * Seconds from the POST of each urgent incident to that of its own machine. The incidents come one
 * at a time, somewhere in every second minute, after the world has settled.
 */
export async function urgentWaits(
  world: VirtualWorld,
  { arrivals, settledMs }: { readonly arrivals: number; readonly settledMs: number },
): Promise<readonly number[]> {
  const { clock, tenant } = world;
  const fromMs = clock.nowMs() + settledMs;
  const askedAtMs = new Map<string, number>();
  const random = world.ports("accept").random;
  for (let number = 0; number < arrivals; number += 1) {
    const machineId = machineIdOf("urgent", number);
    clock.at(fromMs + number * EVERY_MS + between(random, [0, EVERY_MS]), () => {
      askedAtMs.set(machineId, clock.nowMs());
      const asked = {
        incidentId: `u-${number}`,
        machineIds: [machineId],
        profile: "urgent-put",
      } as const;
      void acceptIncident(world.ports("accept"), SHIPPED, asked);
    });
  }
  await runUntil(world, settledMs * 2 + arrivals * EVERY_MS, () => false);
  return [...askedAtMs].map(
    ([machineId, atMs]) => ((tenant.startedAtMs.get(machineId) ?? Infinity) - atMs) / 1_000,
  );
}
