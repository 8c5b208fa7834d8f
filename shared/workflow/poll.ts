import { dueBy, OPEN_WORK, OWED_RESULTS, sequenceIdIn } from "../ledger/keys.ts";
import { end, park } from "../ledger/moves.ts";
import { owedSchema } from "../ledger/rows.ts";
import { admit } from "../limits/admit.ts";
import type { Limits } from "../limits/limits.ts";
import type { Ports } from "../ports.ts";
import { factOfMove, grouped } from "./audit.ts";
import { changesFor } from "./change-sequence.ts";
import { expireWaiting } from "./expire-waiting.ts";
import { loadBudget, loadSequence } from "./load.ts";
import { lookAtActions, type LookReport } from "./look.ts";
import { releaseSeen } from "./release-seen.ts";
import { ringForReady } from "./ring.ts";
import { ringNotices } from "./ring-notices.ts";

export type PollPorts = Pick<Ports, "ledger" | "bells" | "defender" | "clock" | "random" | "log">;

export interface PollReport extends LookReport {
  /** False if nothing at all was outstanding, for which one read was spent. */
  readonly outstanding: boolean;
  readonly released: number;
  readonly rang: boolean;
}

const DUE_PER_POLL = 50;
/**
 * A bell this late is lost: the queue's own delays are seconds (polling 2 s, whole-second
 * visibility).
 */
const BELL_LATE_MS = 10_000;
/** A collector that has not been heard of for this long is rung again. */
const COLLECT_LATE_MS = 300_000;

/**
 * One look at everything outstanding: what Defender lists, what is due, and what should have been
 * rung. Each part is safe to run twice and stands alone, so a crash between two of them only waits
 * for the next poll.
 */
export async function poll(ports: PollPorts, limits: Limits): Promise<PollReport> {
  const open = await ports.ledger.list(OPEN_WORK.from, OPEN_WORK.before, 1);
  if (open.length === 0) {
    return { outstanding: false, released: 0, rang: false, listed: false, moved: 0 };
  }
  const released = (await releaseDue(ports)) + (await releaseSeen(ports, limits));
  const budget = await loadBudget(ports.ledger);
  const { kind } = admit(budget.value, ports.clock.earliest(), limits);
  if (kind === "full" || kind === "paused") await expireWaiting(ports);
  const looked = await lookAtActions(ports, limits, budget.value);
  await repairOwed(ports);
  await ringNotices(ports);
  const why = looked.moved > 0 || released > 0 ? "released" : "repair";
  const rang = await ringForReady(ports, limits, why, BELL_LATE_MS);
  return { outstanding: true, released, rang, ...looked };
}

/** What waited for a time that has come is ready again, or has expired meanwhile. */
async function releaseDue(ports: PollPorts): Promise<number> {
  const nowMs = ports.clock.earliest();
  const { from, before } = dueBy(nowMs);
  const due = await ports.ledger.list(from, before, DUE_PER_POLL);
  let released = 0;
  for (const row of due) {
    const record = await loadSequence(ports.ledger, sequenceIdIn(row.key));
    if (record?.value.place?.kind !== "later") continue;
    const expired = record.value.expiresAtMs <= nowMs;
    const detail = "It could not be run before it expired.";
    const after = expired
      ? end(record.value, "expired", { code: "expired", detail }, nowMs)
      : park(record.value, { kind: "ready" }, record.value.reason);
    const facts = grouped([factOfMove(record.value, after, nowMs)]);
    const changes = await changesFor(ports, record, after, nowMs, null, facts);
    const outcome = await ports.ledger.commit(changes);
    if (outcome.kind === "committed") released += 1;
  }
  return released;
}

/**
 * Rings again for results nobody has fetched in a while: the message was lost, or its handler died.
 */
async function repairOwed({ ledger, bells, clock, log }: PollPorts): Promise<void> {
  const nowMs = clock.earliest();
  const notes = await ledger.list(OWED_RESULTS.from, OWED_RESULTS.before, DUE_PER_POLL);
  for (const row of notes) {
    const note = owedSchema.parse(row.body);
    if (note.dueAtMs + COLLECT_LATE_MS > nowMs) continue;
    const body = { ...note, dueAtMs: nowMs };
    const outcome = await ledger.commit([{ op: "replace", key: row.key, body, etag: row.etag }]);
    if (outcome.kind === "conflict") continue;
    const sequenceId = sequenceIdIn(row.key);
    log("warn", "collectRungAgain", { sequenceId });
    await bells.ringCollect(sequenceId, 0);
  }
}
