import type { KeyRange } from "../../ledger/row/key-range.ts";
import { laneIn, laneRange, passIn, sequenceIdIn } from "../../ledger/row/keys.ts";
import { LANES, OFFLINE_LANE } from "../../plan/lane.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import type { Ports } from "../../ports.ts";

type WaitingPorts = Pick<Ports, "ledger" | "clock">;

/** The most the Table service gives at once. */
const PAGE = 1_000;
/**
 * If only one lane had waiting sequences, a claimant assumes this for so long: nothing new has
 * waited long by then.
 */
const ONE_LANE_WINDOWS = 5;

/** The first of the retries of offline machines; null if none is ready. */
export async function retryKey(
  ports: WaitingPorts,
  passedOver: ReadonlySet<string>,
): Promise<string | null> {
  return await firstKey(ports, laneRange(OFFLINE_LANE), passedOver);
}

/** The first key of a range that is not skipped; null if there is none. */
async function firstKey(
  { ledger }: WaitingPorts,
  { from, before }: KeyRange,
  passedOver: ReadonlySet<string>,
): Promise<string | null> {
  const rows = await ledger.list(from, before, Math.min(1 + passedOver.size, PAGE));
  return rows.find(({ key }) => !passedOver.has(sequenceIdIn(key)))?.key ?? null;
}

/**
 * The longest waiting of all lanes but that of retries; null if, as far as is known, one lane alone
 * waits, whose first it is.
 */
export type OverdueFinder = (
  readyKeys: readonly string[],
  passedOver: ReadonlySet<string>,
) => Promise<string | null>;

/**
 * Finds the longest waiting, for one drain: after it found one lane alone, it believes for five
 * windows that there is no other.
 */
export function createOverdueFinder(ports: WaitingPorts, limits: Limits): OverdueFinder {
  let oneLaneUntilMs = Number.NEGATIVE_INFINITY;
  return async ([first], passedOver) => {
    const nowMs = ports.clock.monotonicMs();
    if (first === undefined || nowMs < oneLaneUntilMs) return null;
    const heads = await headsOfLanes(ports, first, passedOver);
    if (heads.length === 1) oneLaneUntilMs = nowMs + ONE_LANE_WINDOWS * limits.windowMs;
    return heads.reduce((longest, head) => (passIn(head) < passIn(longest) ? head : longest));
  };
}

/**
 * The first of each lane but that of retries, which is its longest waiting. Lanes before that of
 * `first` are empty, and each request finds the first of the next that is not.
 */
async function headsOfLanes(
  ports: WaitingPorts,
  first: string,
  passedOver: ReadonlySet<string>,
): Promise<readonly string[]> {
  const retries = laneRange(OFFLINE_LANE).from;
  const heads = [first];
  for (let head = first; heads.length < LANES.length; heads.push(head)) {
    const lower = { from: laneRange(laneIn(head)).before, before: retries };
    const next = await firstKey(ports, lower, passedOver);
    if (next === null) break;
    head = next;
  }
  return heads;
}
