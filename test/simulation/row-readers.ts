import { answersOf, roundsOf, storedIn } from "./rows-aftermath.ts";
import type { World } from "./world.ts";

/**
 * People read the rows of all rounds, now and then while they go on. Whoever is told of no fault
 * has every machine once whose result was stored when the reading began.
 */
export function startReading(world: World): void {
  const { clock, startMs, scenario } = world;
  for (const atMs of scenario.sweeps?.readings ?? []) {
    clock.at(startMs + atMs, () => void readAll(world));
  }
}

async function readAll(world: World): Promise<void> {
  const { hosts, judge, court } = world;
  const records = [...judge.ledger.records.values()];
  for (const round of roundsOf(records)) {
    const epoch = hosts.any();
    if (epoch === null) return;
    const stored = storedIn(records, round).map(({ machineId }) => machineId);
    const read = await world.invoke(epoch, async ({ rows }) => await answersOf(rows, round));
    if (read.kind !== "done") continue;
    const machines = new Set(read.value.map(({ machineId }) => machineId));
    const missed = stored.find((machineId) => !machines.has(machineId));
    const of = `round ${round.number} of ${round.name}`;
    if (missed !== undefined) court.fail("answers", `a reader of ${of} missed ${missed}`);
    if (machines.size !== read.value.length) {
      court.fail("answers", `a reader of ${of} had a machine twice`);
    }
  }
}
