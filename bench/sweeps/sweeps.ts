import { inTurn } from "../measured.ts";
import type { Row } from "../table.ts";
import { measureMemory } from "./measure-memory.ts";
import { measureRequests } from "./measure-requests.ts";
import { measureRows } from "./measure-rows.ts";
import { measureSweptSlots, measureUrgentBeside } from "./measure-slots.ts";

/**
 * What rounds cost and how they go, in virtual time; then what the questions about one cost. `say`
 * is told what is under way.
 */
export async function benchSweeps(say: (line: string) => void): Promise<readonly Row[]> {
  const measures = {
    "requests of whole rounds": measureRequests,
    "memory while a round is planned": measureMemory,
    "slots of a round, virtual time": measureSweptSlots,
    "urgent arrivals beside a round, virtual time": measureUrgentBeside,
    "questions about rows, Azurite": measureRows,
  };
  return await inTurn(measures, say);
}
