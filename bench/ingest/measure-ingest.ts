import { machinesOf } from "../drain/backlog.ts";
import { percentile } from "../drain/figures.ts";
import { atMost, row, type Row } from "../table.ts";
import { measureUnfold } from "./measure-unfold.ts";
import { untilUnfolded } from "./opened-ledger.ts";
import { withSides } from "./sides.ts";

const MACHINES = 25;
/** Requests of each side before its own are measured, at hosts that have just started. */
const WARM_UP = 10;
/**
 * A table of Azurite's takes longer the more rows a partition has, which Azure's does not. So the
 * rounds are spread over this many fresh ones.
 */
const FRESH_STARTS = 8;
const ROUNDS_EACH = 25;

/** lrq by the sender's word, lrq with facts from Defender, and the bare function. */
const SIDES = ["word", "facts", "bare"] as const;
type Measured = (typeof SIDES)[number];
const NAMES = {
  word: "answer of lrq by the sender's word",
  facts: "answer of lrq with Defender's facts",
} as const;

/**
 * To reach, against the bare function. Facts cost one more transaction, and then calls to Defender,
 * so they have a bound of their own.
 */
const RATIO_MAX = { word: 3, facts: 5 } as const;

type Took = Record<Measured, number[]>;

/**
 * What taking an incident of 25 machines in costs, against a function that only sends its body as
 * one queue message: the same host, the same storage, one at a time. Each is asked when nothing is
 * left to unfold, and each as often before the others as after them. lrq is paused: a backlog that
 * is drained would keep Azurite busy, and all three would wait for it.
 */
export async function measureIngest(root: string): Promise<readonly Row[]> {
  const machineIds = machinesOf("m", MACHINES);
  const wanted = { root, sides: SIDES, hosts: 1, machineIds };
  const took: Took = { word: [], facts: [], bare: [] };
  let unfolding: readonly Row[] = [];
  for (let start = 1; start <= FRESH_STARTS; start += 1) {
    await withSides(wanted, async ({ ask, pause, ledger, storage }) => {
      await pause();
      await alternate(took, async (side, id) => {
        await untilUnfolded(ledger);
        const beganAtMs = performance.now();
        await ask(side, id, machineIds);
        return performance.now() - beganAtMs;
      });
      if (start === FRESH_STARTS) unfolding = await measureUnfold(storage, MACHINES);
    });
  }
  return [...rowsOf(took), ...unfolding];
}

/** Each side goes first in every second round. */
async function alternate(
  took: Took,
  ask: (side: Measured, id: string) => Promise<number>,
): Promise<void> {
  for (let round = -WARM_UP; round < ROUNDS_EACH; round += 1) {
    const order = round % 2 === 0 ? SIDES : SIDES.toReversed();
    for (const side of order) {
      const ms = await ask(side, `${side}-${round}`);
      if (round >= 0) took[side].push(ms);
    }
  }
}

function rowsOf(took: Took): Row[] {
  const setting = `25 machines, ${FRESH_STARTS} times ${ROUNDS_EACH} rounds, Azurite`;
  const at = { part: "ingest", setting };
  return [0.5, 0.99].flatMap((share) => {
    const p = `p${share * 100}`;
    const bare = percentile(took.bare, share);
    const theirs = { ...at, measure: `answer of a bare function, ${p}`, value: bare, unit: "ms" };
    const ours = (["word", "facts"] as const).flatMap((side) => {
      const value = percentile(took[side], share);
      const ratio = { ...at, measure: `${NAMES[side]}: ratio, ${p}`, value: value / bare };
      return [
        row({ ...at, measure: `${NAMES[side]}, ${p}`, value, unit: "ms" }),
        row({ ...ratio, unit: "x", bound: atMost(RATIO_MAX[side]) }),
      ];
    });
    return ours.concat(row(theirs));
  });
}
