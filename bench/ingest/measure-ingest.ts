import { machinesOf } from "../drain/backlog.ts";
import { percentile } from "../drain/figures.ts";
import { atMost, row, type Row } from "../table.ts";
import { measureUnfold } from "./measure-unfold.ts";
import { untilUnfolded } from "./opened-ledger.ts";
import { SIDES, withSides, type Side } from "./sides.ts";

const MACHINES = 25;
const WARM_UP = 20;
const ROUNDS = 200;

/**
 * What taking an incident of 25 machines in costs, against a function that only sends its body as
 * one queue message: the same host, the same storage, one at a time. Both are asked when nothing is
 * left to unfold, and each as often before the other as after it.
 */
export async function measureIngest(root: string): Promise<readonly Row[]> {
  return await withSides({ root, hosts: 1 }, async ({ ask, ledger, storage }) => {
    const machineIds = machinesOf("m", MACHINES);
    const rows = await alternate(
      async (side, id) => await ask(side, id, machineIds),
      async () => await untilUnfolded(ledger),
    );
    return [...rows, ...(await measureUnfold(storage, MACHINES))];
  });
}

async function alternate(
  ask: (side: Side, id: string) => Promise<void>,
  untilQuiet: () => Promise<void>,
): Promise<readonly Row[]> {
  const tookMs: Record<Side, number[]> = { lrq: [], bare: [] };
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    const order = round % 2 === 0 ? SIDES : SIDES.toReversed();
    for (const side of order) {
      await untilQuiet();
      const beganAtMs = performance.now();
      await ask(side, `ingest-${round}`);
      if (round >= 0) tookMs[side].push(performance.now() - beganAtMs);
    }
  }
  const at = { part: "ingest", setting: `25 machines, ${ROUNDS} rounds, Azurite` };
  return [0.5, 0.99].flatMap((share) => {
    const [ours, theirs] = [percentile(tookMs.lrq, share), percentile(tookMs.bare, share)];
    const p = `p${share * 100}`;
    return [
      row({ ...at, measure: `answer of lrq, ${p}`, value: ours, unit: "ms" }),
      row({ ...at, measure: `answer of a bare function, ${p}`, value: theirs, unit: "ms" }),
      row({ ...at, measure: `ratio, ${p}`, value: ours / theirs, unit: "x", bound: atMost(3) }),
    ];
  });
}
