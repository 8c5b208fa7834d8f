import { measureIngest } from "../ingest/measure-ingest.ts";
import { measureStorm } from "../ingest/measure-storm.ts";
import { inTurn } from "../measured.ts";
import type { Row } from "../table.ts";
import { measureCareful } from "./measure-careful.ts";
import { measureAzurite } from "./measure-azurite.ts";
import { measureNaive } from "./measure-naive.ts";
import { measureSessions } from "./measure-sessions.ts";
import { measureSlots } from "./measure-slots.ts";
import { measureWatch } from "./measure-watch.ts";
import { measureUrgent } from "./measure-urgent.ts";
import { measureWay } from "./measure-way.ts";

/**
 * Everything about the drain: in virtual time first, then on real parts, whose figures depend on
 * the machine. `root` is the folder of the built app; `say` is told what is under way.
 */
export async function benchDrain(
  root: string,
  say: (line: string) => void,
): Promise<readonly Row[]> {
  const measures = {
    "slots and requests, virtual time": measureSlots,
    "urgent arrivals, virtual time": measureUrgent,
    "sessions and offline machines, virtual time": measureSessions,
    "watching, virtual time": measureWatch,
    "the whole way, virtual time": measureWay,
    "naive drains, virtual time": measureNaive,
    "a careful drain, virtual time": measureCareful,
    "worker processes on Azurite": () => measureAzurite(root),
    "taking incidents in": () => measureIngest(root),
    "an incident storm": () => measureStorm(root),
  };
  return await inTurn(measures, say);
}
