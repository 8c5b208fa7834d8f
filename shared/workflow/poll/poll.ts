import { OPENING, NOTICE, OWED, READY, sequenceIdIn } from "../../ledger/row/keys.ts";
import { owedSchema } from "../../ledger/sequence/rows.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import { isOutdated } from "../../limits/library/note.ts";
import type { LibraryRules } from "../../limits/library/rules.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { lookedFor } from "../../limits/pace/lost-posts.ts";
import type { Ports } from "../../ports.ts";
import { expireUnseen } from "./expire-unseen.ts";
import { expireWaiting } from "./expire-waiting.ts";
import { listLibrary } from "../../store/list-library.ts";
import { budgetIn, loadBudget } from "../../store/load.ts";
import { listAndJudge, type ListReport } from "./list-actions.ts";
import { isIdle, readOutstanding, rowsWithin, type Outstanding } from "../../store/outstanding.ts";
import { remembering, type Remembering } from "../../store/remembering.ts";
import { commitOnce } from "../../store/transact.ts";
import { probe } from "./probe.ts";
import { releaseDue } from "./release-due.ts";
import { releaseSeen } from "./release-seen.ts";
import { sealRuns } from "../../store/seal-run.ts";
import { ringForReady } from "../../store/ring.ts";
import { recheckSetAside, noteSetAside, unlessSetAside } from "../../store/set-aside.ts";
import { takeOverPause } from "../../store/pause-note.ts";
import { applyGates } from "../../store/apply-gates.ts";
import { ringNotices } from "../notify/ring-notices.ts";
import { unfoldLate } from "../../store/unfold.ts";

export type PollPorts = Pick<Ports, "ledger" | "bells" | "defender" | "clock" | "random" | "log">;

export interface PollReport extends ListReport {
  /** False if nothing at all was outstanding; to see that cost one read. */
  readonly outstanding: boolean;
  readonly released: number;
  readonly rang: boolean;
}

/** At most this many notes of owed results in one poll; the next poll reads the rest. */
const NOTES_PER_POLL = 50;
/**
 * A bell this late is lost, because the queue's own delays are only seconds (polling 2 s,
 * visibility in whole seconds).
 */
const BELL_LATE_MS = 10_000;
/** A page of the Table service; notes whose time has not come are among them. */
const OWED_PAGE = 1_000;
/** If a try is overdue by this many polls, five minutes, the poll rings for it again. */
const POLLS_UNTIL_COLLECT_IS_LATE = 20;

/**
 * One poll of everything outstanding: what Defender lists, what is due, and which bells were lost.
 * `pollerId` names the process of the timer. Each part is safe to run twice and needs no other
 * part. So after a crash between two parts the next poll does the rest.
 */
export async function poll(
  outside: PollPorts,
  limits: Limits,
  pollerId: string,
  library: LibraryRules | null = null,
): Promise<PollReport> {
  const ports = { ...outside, ledger: remembering(outside.ledger) };
  const outstanding = await readOutstanding(ports.ledger);
  const came = await unlessSetAside(ports, null, () =>
    pollOnce(ports, limits, outstanding, { pollerId, library }),
  );
  if (came !== null) return came;
  // Without the budget nothing is submitted or moved here. The parts that do not need it go on.
  await repairOwed(ports, limits, outstanding);
  await ringNotices(ports, null);
  return { outstanding: true, released: 0, rang: false, listed: false, moved: 0, restMs: 0 };
}

async function pollOnce(
  ports: PollPorts & { readonly ledger: Remembering },
  limits: Limits,
  outstanding: Outstanding,
  { pollerId, library }: { readonly pollerId: string; readonly library: LibraryRules | null },
): Promise<PollReport> {
  if (isIdle(outstanding) && !missesPosts(outstanding, ports.clock.earliest())) {
    if (library !== null) await relist(ports, limits, library);
    return { outstanding: false, released: 0, rang: false, listed: false, moved: 0, restMs: 0 };
  }
  const { ledger } = ports;
  await takeOverPause(ports, outstanding);
  await recheckSetAside(ports);
  const due = await releaseDue(ports, outstanding);
  await expireWaiting(ports, limits, outstanding);
  const { lockouts } = (await loadBudget(ledger)).value;
  if (lockouts.length > 0) await probe(ports, limits, outstanding);
  const seen = await unlessSetAside(ports, 0, () => releaseSeen(ports, limits, outstanding));
  const released = due + seen;
  const judged = await listAndJudge(ports, limits, { outstanding, pollerId });
  const lost = await expireUnseen(ports, limits);
  if (library !== null) await relist(ports, limits, library);
  await repairOwed(ports, limits, outstanding);
  const gatesChanged = ledger.wrote(OPENING);
  const movedByGates = await applyGates(
    ports,
    gatesChanged ? await readOutstanding(ledger) : outstanding,
  );
  const unfolded = await unfoldLate(ports, outstanding);
  const freed = judged.moved + lost + released + movedByGates + unfolded > 0;
  await sealRuns(ports, outstanding);
  await ringNotices(ports, ledger.wrote(NOTICE) ? null : outstanding);
  const waiting = freed || (await rowsWithin(ledger, outstanding, READY, 1)).length > 0;
  const why = freed ? "released" : "repair";
  const ringing = { why, lateMs: BELL_LATE_MS } as const;
  const rang =
    waiting &&
    (await ringForReady(ports, limits, { ...ringing, known: (await loadBudget(ledger)).value }));
  return { outstanding: true, released, rang, ...judged };
}

/** True while the action of a POST that was given up may still appear. */
function missesPosts({ rows }: Outstanding, nowMs: number): boolean {
  return lookedFor(budgetIn(rows).value.lost, nowMs).length > 0;
}

/** Lists the library once more after sequences that used it have ended. */
async function relist(ports: PollPorts, limits: Limits, library: LibraryRules): Promise<void> {
  const note = (await loadBudget(ports.ledger)).value.library;
  if (note === null || note.ended.length === 0 || library.lists === "others") return;
  const nowMs = ports.clock.earliest();
  if (nowMs < note.nextAtMs || !isOutdated(note, library, nowMs)) return;
  await listLibrary(ports, limits, library);
}

/**
 * Rings again for results whose next try is long overdue, because the message was lost or its
 * handler died. A try whose time has not come has its own bell.
 */
async function repairOwed(
  ports: PollPorts,
  limits: Limits,
  outstanding: Outstanding,
): Promise<void> {
  const { ledger, bells, clock, log } = ports;
  const nowMs = clock.earliest();
  const notes = await rowsWithin(ledger, outstanding, OWED, OWED_PAGE);
  const { readable, aside } = sorted(owedSchema, notes);
  for (const each of aside) await noteSetAside(ports, each);
  const late = readable.filter(
    ({ value: note }) => note.dueAtMs + limits.pollMs * POLLS_UNTIL_COLLECT_IS_LATE <= nowMs,
  );
  for (const { row, value: note } of late.slice(0, NOTES_PER_POLL)) {
    const body = { ...note, dueAtMs: nowMs };
    const renewed = { op: "replace", key: row.key, body, etag: row.etag } as const;
    if (!(await commitOnce(ports, [renewed]))) continue;
    const sequenceId = sequenceIdIn(row.key);
    log("warn", "collectRungAgain", { sequenceId });
    await bells.ringCollect(sequenceId, 0);
  }
}
