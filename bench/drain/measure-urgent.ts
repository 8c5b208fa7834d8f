import { atMost, row, type Row } from "../table.ts";
import { acceptIncident, machineIdOf, machinesOf } from "./backlog.ts";
import { percentile } from "./figures.ts";
import { overRow } from "./over-row.ts";
import { SHIPPED } from "../shipped-limits.ts";
import { load, runUntil } from "./run-virtual.ts";
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
  const { clock, tenant } = world;
  world.start();
  const fromMs = clock.nowMs() + SETTLED_MS;
  const askedAtMs = new Map<string, number>();
  const random = world.ports("accept").random;
  for (let number = 0; number < ARRIVALS; number += 1) {
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
  await runUntil(world, SETTLED_MS * 2 + ARRIVALS * EVERY_MS, () => false);
  const waitsSeconds = [...askedAtMs].map(
    ([machineId, atMs]) => ((tenant.startedAtMs.get(machineId) ?? Infinity) - atMs) / 1_000,
  );
  const at = { part: "drain", setting: `behind 5,000 queued, ${ARRIVALS} arrivals, 4 workers` };
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
    overRow(world, at),
  ];
}
