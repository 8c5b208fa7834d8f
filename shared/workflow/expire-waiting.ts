import { laneIn, laneRange, LANES, READY, sequenceIdIn, type Lane } from "../ledger/keys.ts";
import { end } from "../ledger/moves.ts";
import type { Ports } from "../ports.ts";
import { changesFor } from "./change-sequence.ts";
import { loadSequence } from "./load.ts";
import { rowsWithin, type OpenWork } from "./open-work.ts";

type ExpirePorts = Pick<Ports, "ledger" | "clock" | "log">;

/** Of one lane in one poll; more is left to the next. */
const EXPIRED_PER_LANE = 20;

/**
 * Ends what has expired at the head of each lane. A claim does that on its way; this is for when
 * none is made for long: while sessions are full or the queue is paused (the door opens again
 * before long). `open` tells where the first of them are. Returns how many ended.
 */
export async function expireWaiting(ports: ExpirePorts, open: OpenWork): Promise<number> {
  let ended = 0;
  let [head] = await rowsWithin(ports.ledger, open, READY, 1);
  for (let lanes = 0; head !== undefined && lanes < LANES.length; lanes += 1) {
    const lane = laneIn(head.key);
    ended += await expireLane(ports, lane);
    const { before } = laneRange(lane);
    [head] = await rowsWithin(ports.ledger, open, { from: before, before: READY.before }, 1);
  }
  return ended;
}

/** A lane is in the order of acceptance, so those behind one that has time have time, too. */
async function expireLane(ports: ExpirePorts, lane: Lane): Promise<number> {
  const { from, before } = laneRange(lane);
  for (let ended = 0; ended < EXPIRED_PER_LANE; ended += 1) {
    const [row] = await ports.ledger.list(from, before, 1);
    const record = row && (await loadSequence(ports.ledger, sequenceIdIn(row.key)));
    const nowMs = ports.clock.earliest();
    const expired = record?.value.place?.kind === "ready" && record.value.expiresAtMs <= nowMs;
    if (!record || !expired) return ended;
    const detail = "It waited until its expiry without a chance to run.";
    const after = end(record.value, "expired", { code: "expired", detail }, nowMs);
    const outcome = await ports.ledger.commit(await changesFor(ports, record, after, nowMs));
    if (outcome.kind === "conflict") return ended;
    ports.log("info", "expired", { sequenceId: after.sequenceId, lane });
  }
  return EXPIRED_PER_LANE;
}
