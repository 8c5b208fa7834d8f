import {
  BUDGET_KEY,
  isWithin,
  NOTES_OF_TURNS,
  NOTICES,
  OWED_RESULTS,
  READY,
  sequenceIdIn,
} from "../../ledger/keys.ts";
import { owedSchema } from "../../ledger/rows.ts";
import { sorted } from "../../ledger/set-aside.ts";
import type { Limits } from "../../limits/limits.ts";
import { lookedFor } from "../../limits/lost-posts.ts";
import type { Ledger, Ports } from "../../ports.ts";
import { expireUnseen } from "./expire-unseen.ts";
import { expireWaiting } from "./expire-waiting.ts";
import { budgetIn, type HeldBudget } from "../../store/held-budget.ts";
import { loadBudget } from "../../store/load.ts";
import { lookAtActions, type LookReport } from "./list-actions.ts";
import { isIdle, readOpenWork, rowsWithin, type OpenWork } from "../../store/open-work.ts";
import { probe } from "./probe.ts";
import { releaseDue } from "./release-due.ts";
import { releaseSeen } from "./release-seen.ts";
import { ringForReady } from "../../store/ring.ts";
import { lookAtSetAside, noteSetAside, unlessSetAside } from "../../store/set-aside.ts";
import { takeOverPause } from "../../store/pause-note.ts";
import { turnGates } from "../../store/turn-gates.ts";
import { ringNotices } from "../notify/ring-notices.ts";
import { unfoldLate } from "../../store/unfold.ts";

export type PollPorts = Pick<Ports, "ledger" | "bells" | "defender" | "clock" | "random" | "log">;

export interface PollReport extends LookReport {
  /** False if nothing at all was outstanding, for which one read was spent. */
  readonly outstanding: boolean;
  readonly released: number;
  readonly rang: boolean;
}

/** Notes of owed results looked at in one poll; more are left to the next. */
const NOTES_PER_POLL = 50;
/**
 * A bell this late is lost: the queue's own delays are seconds (polling 2 s, whole-second
 * visibility).
 */
const BELL_LATE_MS = 10_000;
/** Those that wait for their time lie among them: a page of the Table service. */
const OWED_LOOKED_AT = 1_000;
/** A try that is overdue by this many polls, five minutes, is rung for again. */
const POLLS_UNTIL_COLLECT_IS_LATE = 20;

/**
 * One look at everything outstanding: what Defender lists, what is due, and what should have been
 * rung. `pollerId` names the process whose timer it is. Each part is safe to run twice and stands
 * alone, so a crash between two of them only waits for the next poll.
 */
export async function poll(
  outside: PollPorts,
  limits: Limits,
  pollerId: string,
): Promise<PollReport> {
  const open = await readOpenWork(outside.ledger);
  const came = await unlessSetAside(outside, null, () => look(outside, limits, open, pollerId));
  if (came !== null) return came;
  // Without the budget nothing is submitted or moved here; what needs none goes on.
  await repairOwed(outside, limits, open);
  await ringNotices(outside, null);
  return { outstanding: true, released: 0, rang: false, listed: false, moved: 0, restMs: 0 };
}

async function look(
  outside: PollPorts,
  limits: Limits,
  open: OpenWork,
  pollerId: string,
): Promise<PollReport> {
  if (isIdle(open) && !isLooking(open, outside.clock.earliest())) {
    return { outstanding: false, released: 0, rang: false, listed: false, moved: 0, restMs: 0 };
  }
  const written = { notice: false, turn: false };
  const ports = { ...outside, ledger: watched(outside.ledger, written) };
  const held = await holdBudget(ports, open);
  await takeOverPause(ports, open, held);
  await lookAtSetAside(ports, held);
  const due = await releaseDue(ports, open);
  await expireWaiting(ports, limits, open, held);
  if (held.stored.value.lockouts.length > 0) await probe(ports, limits, open, held);
  const seen = await unlessSetAside(ports, 0, () => releaseSeen(ports, limits, open, held));
  const released = due + seen;
  const looked = await lookAtActions(ports, limits, { open, held, pollerId });
  const lost = await expireUnseen(ports, limits, held);
  await repairOwed(ports, limits, open);
  const turned = await turnGates(ports, written.turn ? await readOpenWork(ports.ledger) : open);
  const unfolded = await unfoldLate(ports, open);
  const freed = looked.moved + lost + released + turned + unfolded > 0;
  await ringNotices(ports, written.notice ? null : open);
  const waiting = freed || (await rowsWithin(ports.ledger, open, READY, 1)).length > 0;
  const why = freed ? "released" : "repair";
  const rang =
    waiting &&
    (await ringForReady(ports, limits, { why, lateMs: BELL_LATE_MS, known: held.stored.value }));
  return { outstanding: true, released, rang, ...looked };
}

/** The action of a POST that was given up may still come to light. */
function isLooking({ rows }: OpenWork, nowMs: number): boolean {
  return lookedFor(budgetIn(rows).value.lost, nowMs).length > 0;
}

/** The ledger, and what was written since the open work was read: callbacks, turns of gates. */
function watched(ledger: Ledger, written: { notice: boolean; turn: boolean }): Ledger {
  return {
    read: async (key) => await ledger.read(key),
    list: async (from, before, limit) => await ledger.list(from, before, limit),
    commit: async (changes) => {
      written.notice ||= changes.some(({ key }) => isWithin(key, NOTICES));
      written.turn ||= changes.some(({ key }) => isWithin(key, NOTES_OF_TURNS));
      return await ledger.commit(changes);
    },
  };
}

/** The budget as it was read with the rest, or read now if so much is parked that it was not. */
async function holdBudget({ ledger }: PollPorts, { rows, whole }: OpenWork): Promise<HeldBudget> {
  const reached = whole || (rows.at(-1)?.key ?? "") >= BUDGET_KEY;
  return { stored: reached ? budgetIn(rows) : await loadBudget(ledger) };
}

/**
 * Rings again for results whose next try is long overdue: the message was lost, or its handler
 * died. A try that waits for its time has its own bell.
 */
async function repairOwed(ports: PollPorts, limits: Limits, open: OpenWork): Promise<void> {
  const { ledger, bells, clock, log } = ports;
  const nowMs = clock.earliest();
  const notes = await rowsWithin(ledger, open, OWED_RESULTS, OWED_LOOKED_AT);
  const { readable, aside } = sorted(owedSchema, notes);
  for (const each of aside) await noteSetAside(ports, each);
  const late = readable.filter(
    ({ value: note }) => note.dueAtMs + limits.pollMs * POLLS_UNTIL_COLLECT_IS_LATE <= nowMs,
  );
  for (const { row, value: note } of late.slice(0, NOTES_PER_POLL)) {
    const body = { ...note, dueAtMs: nowMs };
    const outcome = await ledger.commit([{ op: "replace", key: row.key, body, etag: row.etag }]);
    if (outcome.kind === "conflict") continue;
    const sequenceId = sequenceIdIn(row.key);
    log("warn", "collectRungAgain", { sequenceId });
    await bells.ringCollect(sequenceId, 0);
  }
}
