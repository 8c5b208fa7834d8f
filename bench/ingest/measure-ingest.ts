import { machinesOf } from "../drain/backlog.ts";
import { percentile } from "../drain/figures.ts";
import { atMost, row, type Row } from "../table.ts";
import { measureUnfold } from "./measure-unfold.ts";
import { untilUnfolded } from "./opened-ledger.ts";
import { withSides } from "./sides.ts";

const MACHINES = 25;
const WARM_UP = 20;
const ROUNDS = 200;

/** lrq by the sender's word, lrq with facts from Defender, and the bare function. */
const SIDES = ["word", "facts", "bare"] as const;
type Measured = (typeof SIDES)[number];
const NAMES = {
  word: "answer of lrq by the sender's word",
  facts: "answer of lrq with Defender's facts",
} as const;

/**
 * What taking an incident of 25 machines in costs, against a function that only sends its body as
 * one queue message: the same host, the same storage, one at a time. Each is asked when nothing is
 * left to unfold, and each as often before the others as after them.
 */
export async function measureIngest(root: string): Promise<readonly Row[]> {
  const machineIds = machinesOf("m", MACHINES);
  const wanted = { root, sides: SIDES, hosts: 1, machineIds };
  return await withSides(wanted, async ({ ask, ledger, storage }) => {
    const rows = await alternate(
      async (side, id) => await ask(side, `${side}-${id}`, machineIds),
      async () => await untilUnfolded(ledger),
    );
    return [...rows, ...(await measureUnfold(storage, MACHINES))];
  });
}

async function alternate(
  ask: (side: Measured, id: string) => Promise<void>,
  untilQuiet: () => Promise<void>,
): Promise<readonly Row[]> {
  const tookMs: Record<Measured, number[]> = { word: [], facts: [], bare: [] };
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
    const p = `p${share * 100}`;
    const bare = percentile(tookMs.bare, share);
    const theirs = { ...at, measure: `answer of a bare function, ${p}`, value: bare, unit: "ms" };
    const ours = (["word", "facts"] as const).flatMap((side) => {
      const value = percentile(tookMs[side], share);
      const ratio = { ...at, measure: `${NAMES[side]}: ratio, ${p}`, value: value / bare };
      return [
        row({ ...at, measure: `${NAMES[side]}, ${p}`, value, unit: "ms" }),
        row({ ...ratio, unit: "x", bound: atMost(3) }),
      ];
    });
    return ours.concat(row(theirs));
  });
}
