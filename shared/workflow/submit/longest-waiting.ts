import { laneIn, laneRange, passIn, sequenceIdIn, type KeyRange } from "../../ledger/row/keys.ts";
import { LANES, OFFLINE_LANE } from "../../plan/lane.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import type { Ports } from "../../ports.ts";

type WaitingPorts = Pick<Ports, "ledger" | "clock">;

/** What a claimant knows of the waiting sequences. */
interface Passing {
  /**
   * Set by a claim that found one lane alone waiting: until then nobody asks again who of all lanes
   * waits longest. Monotonic milliseconds.
   */
  readonly oneLane: { untilMs: number };
  /**
   * Waiting sequences that cannot be read, or that need a row that cannot be read. The claim skips
   * them.
   */
  readonly passedOver: ReadonlySet<string>;
}

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
 * The longest waiting of all lanes but that of retries. The first of a lane is its longest waiting;
 * lanes before that of the first ready one are empty, and each request finds the first of the next
 * that is not.
 */
export async function overdueKey(
  ports: WaitingPorts,
  limits: Limits,
  readyKeys: readonly string[],
  { oneLane, passedOver }: Passing,
): Promise<string | null> {
  const { clock } = ports;
  const [first] = readyKeys;
  if (first === undefined || clock.monotonicMs() < oneLane.untilMs) return null;
  const retries = laneRange(OFFLINE_LANE).from;
  let longest = first;
  let lanes = 1;
  for (let head = first; lanes < LANES.length; lanes += 1) {
    const lower = { from: laneRange(laneIn(head)).before, before: retries };
    const next = await firstKey(ports, lower, passedOver);
    if (next === null) break;
    head = next;
    if (passIn(head) < passIn(longest)) longest = head;
  }
  if (lanes === 1) oneLane.untilMs = clock.monotonicMs() + ONE_LANE_WINDOWS * limits.windowMs;
  return longest;
}
