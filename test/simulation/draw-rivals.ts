import type { Random } from "../../shared/ports.ts";
import type { Arrival, ScenarioMachine } from "./scenario.ts";
import { between, chance, stream } from "./streams.ts";

/** The other team that sends incidents; its one caller has the same name. */
const RIVAL = "rival";

/** Few seeds, for each of them has more to do. */
const RIVALS_SHARE = 0.15;

/**
 * Some of the incidents, sent by another team too: a little earlier, at once or later, with
 * machines of its own choice. By a stream of its own, so that all others stay as they were.
 */
export function drawRivals(
  seed: number,
  arrivals: readonly Arrival[],
  machines: readonly ScenarioMachine[],
): Arrival[] {
  const random = stream(seed, "rivals");
  if (!chance(random, RIVALS_SHARE)) return [];
  return arrivals
    .filter(() => chance(random, 0.6))
    .map((arrival, number) => rivalOf(random, { arrival, machines, number }));
}

function rivalOf(
  random: Random,
  of: { arrival: Arrival; machines: readonly ScenarioMachine[]; number: number },
): Arrival {
  const { arrival, machines, number } = of;
  const chosen = machines.filter(() => chance(random, 0.5)).map((each) => each.machineId);
  const isEarlier = chance(random, 0.4);
  const apartMs = between(random, 0, chance(random, 0.5) ? 300 : 30_000);
  return {
    ...arrival,
    team: RIVAL,
    atMs: Math.max(0, arrival.atMs + (isEarlier ? -apartMs : apartMs)),
    machineIds: chosen.length > 0 ? chosen : arrival.machineIds,
    idempotencyKey: arrival.idempotencyKey === null ? null : `rival-${number}`,
  };
}
