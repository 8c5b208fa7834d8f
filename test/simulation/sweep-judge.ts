import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import type { Row } from "../../shared/ports.ts";
import { noticeSchema } from "../../shared/ledger/outbox/notice.ts";
import { endedAs, endedIn, roundSchema, type RoundRecord } from "../../shared/sweep/round.ts";
import { sweepSchema } from "../../shared/sweep/sweep.ts";
import { sweptSchema } from "../../shared/sweep/target.ts";
import type { Court } from "./invariants.ts";

/**
 * Whether rounds start once, and only of a sweep that is there; whether they send each machine
 * once, stop when they are told to, end, and tell when they have reached too few.
 */
export interface SweepJudge {
  committed(changes: readonly RowChange[], written: readonly RoundRecord[]): void;
  moved(before: SequenceRecord | null, after: SequenceRecord): void;
  /** Whoever stopped the round was told that it is stopped. */
  stopped(name: string, number: number): void;
  /** A host has looked at all sweeps, and nothing has failed. */
  looked(beganAtMs: number, endedAtMs: number): void;
  /** The keys of rounds that are not over. */
  open(): readonly string[];
  aftermath(records: readonly SequenceRecord[], rows: readonly Row[]): void;
}

/** The rounds in a commit. */
export function roundsIn(changes: readonly RowChange[]): readonly RoundRecord[] {
  return changes.flatMap((change) =>
    change.op === "delete" || !change.key.startsWith("round!")
      ? []
      : [roundSchema.parse(change.body)],
  );
}

/** One look settles what is in hand, and the next cancels what waits. */
const LOOKS_TO_STOP = 2;

export function createSweepJudge(court: Court, nowMs: () => number): SweepJudge {
  const rounds = new Map<string, RoundRecord>();
  const deleted = new Set<string>();
  /** Rounds that somebody closes: when, or when the last look ended; and how many looks ago. */
  const closing = new Map<string, { sinceMs: number; looks: number }>();
  const dueTimes = new Map<string, string>();
  const stopped = new Set<string>();
  const notices = new Set<string>();
  const written = (round: RoundRecord): void => {
    const key = keyOf(round.name, round.number);
    rounds.set(key, round);
    if (round.dueAtMs !== null) {
      const due = `${round.name} ${round.dueAtMs}`;
      const other = dueTimes.get(due) ?? key;
      if (other !== key) court.fail("rounds", `${other} and ${key} were due at ${round.dueAtMs}`);
      dueTimes.set(due, key);
    }
    const { targeted, waiting, held, inHand, sent } = round.counts;
    const sum = waiting + held + inHand + sent + endedIn(round.counts);
    if (sum !== targeted || inHand !== round.inHand.length) {
      court.fail("sums", `${key} counts ${JSON.stringify(round.counts)}`);
    }
    if (round.state === "running") {
      // A rerun opens it again.
      stopped.delete(key);
      closing.delete(key);
    } else if (round.state === "closing" && !closing.has(key) && isAsked(round)) {
      closing.set(key, { sinceMs: nowMs(), looks: 0 });
    }
  };
  return {
    committed: (changes, all) => {
      const told = changes.flatMap((change) => shortRoundsIn(change, notices));
      const short: string[] = [];
      for (const round of all) {
        const key = keyOf(round.name, round.number);
        if (rounds.get(key)?.state !== "ended" && endedShort(round)) short.push(key);
        written(round);
      }
      if (told.join() !== short.join()) {
        court.fail("short", `${short.join() || "no round"} ended short, told: ${told.join()}`);
      }
      const hasChanged = noteDeleted(changes, deleted);
      for (const round of hasChanged ? rounds.values() : all) {
        if (round.state !== "running" || !deleted.has(round.name)) continue;
        const key = keyOf(round.name, round.number);
        court.fail("deleted", `${key} goes on, and its sweep was deleted`);
      }
    },
    moved: (before, after) => {
      if (after.sweep === null || after.state !== "claimed" || before?.state === "claimed") return;
      const key = keyOf(after.sweep.name, after.sweep.round);
      if (stopped.has(key) && after.part === 0 && after.retry === null) {
        court.fail("stopped", `${after.sequenceId} is claimed, and ${key} was stopped`);
      }
    },
    stopped: (name, number) => {
      const key = keyOf(name, number);
      if (rounds.get(key)?.state !== "running") stopped.add(key);
    },
    looked: (beganAtMs, endedAtMs) => {
      for (const [key, look] of closing) {
        if (beganAtMs < look.sinceMs) continue;
        look.sinceMs = endedAtMs;
        look.looks += 1;
        // While a row of its runs cannot be read, it says that it is not done.
        const isDone = rounds.get(key)?.closed?.cancels === null;
        if (isDone && look.looks >= LOOKS_TO_STOP) stopped.add(key);
      }
    },
    open: () => [...rounds].filter(([, { state }]) => state !== "ended").map(([key]) => key),
    aftermath: (records, rows) => {
      for (const [key, round] of rounds) {
        checkOnce(court, key, round, records);
        checkCounts(court, key, round, rows);
      }
    },
  };
}

/** True for one that was stopped, replaced, or closed as its sweep was deleted. */
function isAsked({ closed }: RoundRecord): boolean {
  return closed?.why === "stopped" || closed?.why === "replaced";
}

/** Which sweeps are deleted after these changes; true if a sweep was written. */
function noteDeleted(changes: readonly RowChange[], deleted: Set<string>): boolean {
  const written = changes.filter(({ key }) => key.startsWith("sweep!"));
  for (const change of written) {
    if (change.op === "delete") continue;
    const sweep = sweepSchema.parse(change.body);
    if (sweep.deleted) deleted.add(sweep.name);
    else deleted.delete(sweep.name);
  }
  return written.length > 0;
}

/** The rounds of which a new notice says that they reached too few machines. */
function shortRoundsIn(change: RowChange, notices: Set<string>): string[] {
  if (change.op !== "insert" || !change.key.startsWith("news!")) return [];
  const { noticeId, about } = noticeSchema.parse(change.body);
  // One that is put off, or tried again, is written anew.
  if (about?.kind !== "roundShort" || notices.has(noticeId)) return [];
  notices.add(noticeId);
  return [keyOf(about.sweep, about.round)];
}

/** Of those that were asked: who was reached lately, has no profile or a later round, was not. */
function endedShort({ state, definition: { coverage }, counts }: RoundRecord): boolean {
  const asked = counts.ended.filter(({ how }) => !/^(recent|skipped|laterRound)$/u.test(how));
  const sum = asked.reduce((before, { count }) => before + count, 0);
  const share = endedAs(counts, "succeeded") / sum;
  return state === "ended" && coverage !== null && sum > 0 && share < coverage;
}

function checkOnce(
  court: Court,
  key: string,
  { name, number, reruns }: RoundRecord,
  records: readonly SequenceRecord[],
): void {
  const sent = new Map<string, number>();
  for (const { sweep, machineId, retry } of records) {
    if (sweep?.name !== name || sweep.round !== number || retry !== null) continue;
    sent.set(machineId, (sent.get(machineId) ?? 0) + 1);
  }
  for (const [machineId, count] of sent) {
    if (count > 1 + reruns) court.fail("swept", `${key} was sent to ${machineId} ${count} times`);
  }
}

/** What became of the machines says the same as the counts, for the round that asked them last. */
function checkCounts(court: Court, key: string, round: RoundRecord, rows: readonly Row[]): void {
  const left = rows.find((row) => /^(target|held)!/.test(row.key));
  if (left !== undefined) court.fail("sums", `${left.key} is left over`);
  const counted = new Map<string, number>();
  for (const row of rows) {
    if (!row.key.startsWith(`swept!${round.name}!`)) continue;
    const swept = sweptSchema.parse(row.body);
    if (swept.round !== round.number) continue;
    counted.set(swept.state, (counted.get(swept.state) ?? 0) + 1);
  }
  for (const [state, count] of counted) {
    const most = endedAs(round.counts, state);
    if (count > most) {
      court.fail("sums", `${key} counts ${most} as ${state}, and there are ${count}`);
    }
  }
}

function keyOf(name: string, number: number): string {
  return `${name} ${number}`;
}
