import type { Stored } from "../../ledger/sequence/rows.ts";
import { changeRound } from "../../store/change-sweep.ts";
import { loadRound } from "../../store/load-sweeps.ts";
import { once, tryTransact } from "../../store/transact.ts";
import type { RoundRecord } from "../../sweep/round.ts";
import type { SweepPorts } from "./ports.ts";

/** What stands in the way of a round, in a code and in words. */
export interface Hindrance {
  readonly code: string;
  readonly detail: string;
}

/** Long words of Defender's are cut, so that the row stays small. Our own bound. */
const DETAIL_CHARACTERS = 500;

/** Writes down why the round sends nothing just now; lrq tries again with each tick. */
export async function hindered(
  ports: SweepPorts,
  { value }: Stored<RoundRecord>,
  { code, detail }: Hindrance,
): Promise<"hindered"> {
  const { name, number } = value;
  ports.log("warn", "sweepHindered", { name, round: number, code, detail });
  await tryTransact(ports, once(`round ${number} of ${name}`), async (tx) => {
    const round = await loadRound(tx, name, number);
    if (round?.value.state !== "running") return;
    const before = round.value.hindrance;
    const said = detail.slice(0, DETAIL_CHARACTERS);
    if (before?.code === code && before.detail === said) return;
    const sinceMs = before?.code === code ? before.sinceMs : Math.floor(ports.clock.earliest());
    changeRound(tx, round, { ...round.value, hindrance: { code, detail: said, sinceMs } });
  });
  return "hindered";
}
