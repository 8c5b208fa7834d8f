import { heldOf, machineIdOfTarget, sweptOf, targetsOf } from "../../ledger/row/sweep-keys.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import { pagesOf } from "../../store/list-all.ts";
import { reachedSinceMs, wasReachedSince } from "../../sweep/is-target.ts";
import type { RoundCounts, RoundRecord } from "../../sweep/round.ts";
import { AGAIN, sweptSchema, type Swept } from "../../sweep/target.ts";
import type { SweepPorts } from "./ports.ts";

/** Held until it reports; or elsewhere, where no listing changes anything. */
export type Where = "held" | "other";

/**
 * The machines that a listing does not make targets: those that this round has asked for, wherever
 * they are now, those of a later round, and those that the sweep has reached lately.
 */
export async function knownMachines(
  ports: Pick<SweepPorts, "ledger" | "clock">,
  { name, number, counts, definition }: Listed,
): Promise<Map<string, Where>> {
  const known = new Map<string, Where>();
  const latelyMs = reachedSinceMs(definition, ports.clock.earliest());
  if (counts.targeted === 0 && latelyMs === null) return known;
  for (const [range, where] of [
    [targetsOf(name, number), "other"],
    [heldOf(name, number), "held"],
  ] as const) {
    for await (const rows of pagesOf(ports.ledger, range)) {
      for (const { key } of rows) known.set(machineIdOfTarget(key), where);
    }
  }
  for await (const rows of pagesOf(ports.ledger, sweptOf(name))) {
    const { readable, aside } = sorted(sweptSchema, rows);
    const taken = readable.filter(({ value }) => isTaken(value, number)).map(({ row }) => row);
    // Nobody knows what became of those whose rows cannot be read: they are not asked again.
    for (const { key } of [...taken, ...aside]) known.set(machineIdOfTarget(key), "other");
    for (const { row, value } of readable) {
      const machineId = machineIdOfTarget(row.key);
      if (wasReachedSince(value, latelyMs) && !known.has(machineId)) known.set(machineId, "other");
    }
  }
  return known;
}

/** What it needs to know of a round; one that has not begun has made nothing a target. */
interface Listed extends Pick<RoundRecord, "name" | "number" | "definition"> {
  readonly counts: Pick<RoundCounts, "targeted">;
}

/** True if this round or a later one asks for the machine already. */
function isTaken({ round, state }: Swept, number: number): boolean {
  return round > number || (round === number && state !== AGAIN);
}
