import { machineIdOf, machinesOf } from "../drain/backlog.ts";
import { percentile } from "../drain/figures.ts";
import { atMost, row, type Row } from "../table.ts";
import { withSides, type Sides } from "./sides.ts";

const INCIDENTS = 1_000;
const AT_ONCE = 200;
const HOSTS = 2;
const WARM_UP = 20;
const SIDES = ["shipped", "bare"] as const;
type Measured = (typeof SIDES)[number];

/**
 * A storm: 1,000 incidents of one machine each, 200 of them under way at any time, at two hosts;
 * then the same at the bare function. All are answered with 202, or the measurement throws.
 */
export async function measureStorm(root: string): Promise<readonly Row[]> {
  const machineIds = [...machinesOf("warm", WARM_UP), ...machinesOf("storm", INCIDENTS)];
  return await withSides({ root, sides: SIDES, hosts: HOSTS, machineIds }, async (sides) => {
    const tookMs: Record<Measured, readonly number[]> = { shipped: [], bare: [] };
    for (const side of SIDES) {
      await storm(sides, side, { family: "warm", incidents: WARM_UP });
      tookMs[side] = await storm(sides, side, { family: "storm", incidents: INCIDENTS });
    }
    const setting = `${INCIDENTS.toLocaleString("en")} incidents, ${AT_ONCE} at once, ${HOSTS} hosts`;
    const at = { part: "storm", setting };
    return [0.5, 0.99].flatMap((share) => {
      const ours = percentile(tookMs.shipped, share);
      const theirs = percentile(tookMs.bare, share);
      const p = `p${share * 100}`;
      const ratio = { ...at, measure: `ratio, ${p}`, value: ours / theirs, unit: "x" };
      return [
        row({ ...at, measure: `answer of lrq, ${p}`, value: ours, unit: "ms" }),
        row({ ...at, measure: `answer of a bare function, ${p}`, value: theirs, unit: "ms" }),
        row(share === 0.99 ? { ...ratio, bound: atMost(3) } : ratio),
      ];
    });
  });
}

/** How long each answer took, milliseconds. */
async function storm(
  { ask }: Sides,
  side: Measured,
  { family, incidents }: { family: string; incidents: number },
): Promise<readonly number[]> {
  const tookMs: number[] = [];
  let next = 0;
  const sender = async (): Promise<void> => {
    for (let number = next; number < incidents; number = next) {
      next += 1;
      const beganAtMs = performance.now();
      await ask(side, `${family}-${number}`, [machineIdOf(family, number)]);
      tookMs.push(performance.now() - beganAtMs);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
  return tookMs;
}
