import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import { RATE_TOKEN_KEY } from "../../shared/ledger/row/keys.ts";
import type { Budget } from "../../shared/limits/pace/budget.ts";
import { createIntakeJudge } from "./intake-judge.ts";
import type { Court } from "./invariants.ts";

/** Its own copy of the table, so that a change of the program's shows here. */
const MOVES: Readonly<Record<string, readonly string[]>> = {
  waiting: ["claimed", "submitted", "expired", "refused", "cancelled"],
  claimed: ["submitted", "unconfirmed", "waiting", "refused", "cancelled"],
  unconfirmed: ["submitted", "waiting", "cancelled", "failed"],
  submitted: ["succeeded", "failed", "timedOut", "cancelled", "waiting", "expired"],
};
/** One commit may make several moves at once, through these. */
const PASSED_THROUGH = new Set(["unconfirmed", "submitted"]);
const HOLDING = new Set(["claimed", "unconfirmed", "submitted"]);
const INDEX = /^(?:ready|later|behind|machine|owed)!/;

/**
 * Looks at every commit: at the moves in it, and at whether the rows still follow from the records.
 */
export interface LedgerJudge {
  committed(changes: readonly RowChange[]): void;
  /** All records as they stand, by id. */
  readonly records: ReadonlyMap<string, SequenceRecord>;
  /** Those that were accepted and have no rows of their own yet. */
  readonly planned: ReadonlyMap<string, SequenceRecord>;
  /** The index rows, leases and notes that stand. */
  readonly indexKeys: ReadonlySet<string>;
}

/** `onMove` hears of every change of a record, `onPlanned` of those that stand in intake rows. */
export function createLedgerJudge(
  court: Court,
  onPlanned: (record: SequenceRecord) => void,
  onMove: (before: SequenceRecord | null, after: SequenceRecord) => void,
): LedgerJudge {
  const records = new Map<string, SequenceRecord>();
  const indexKeys = new Set<string>();
  const expected = new Map<string, number>();
  const holders = new Set<string>();
  const intakes = createIntakeJudge(court, onPlanned);
  let sessions: readonly string[] = [];

  const expect = (record: SequenceRecord | null, by: 1 | -1): string[] => {
    const keys = record === null ? [] : keysOf(record);
    for (const key of keys) expected.set(key, (expected.get(key) ?? 0) + by);
    return keys;
  };
  const takeIn = (record: SequenceRecord): string[] => {
    const before = records.get(record.sequenceId) ?? null;
    checkMove(court, before, record);
    records.set(record.sequenceId, record);
    if (HOLDING.has(record.state)) holders.add(record.sequenceId);
    else holders.delete(record.sequenceId);
    onMove(before, record);
    return [...expect(before, -1), ...expect(record, 1)];
  };
  return {
    records,
    planned: intakes.planned,
    indexKeys,
    committed: (changes) => {
      intakes.committed(changes, (sequenceId) => records.has(sequenceId));
      const touched = new Set<string>();
      for (const change of changes) {
        const { key } = change;
        if (INDEX.test(key)) {
          touched.add(key);
          if (change.op === "delete") indexKeys.delete(key);
          else indexKeys.add(key);
        } else if (key.startsWith("sequence!")) {
          if (change.op === "delete") court.fail("kept", `${key} was deleted`);
          else if (!isRecord(change.body)) court.fail("moves", `${key} is no record`);
          else for (const each of takeIn(change.body)) touched.add(each);
        } else if (key === RATE_TOKEN_KEY && change.op !== "delete" && isBudget(change.body)) {
          sessions = change.body.sessions.map((each) => each.sequenceId);
        }
      }
      for (const key of touched) {
        const wanted = expected.get(key) ?? 0;
        if (wanted === (indexKeys.has(key) ? 1 : 0)) continue;
        court.fail("rows", `${key} is ${wanted === 0 ? "a stray" : `wanted ${wanted} times`}`);
      }
      checkHolders(court, holders, sessions);
    },
  };
}

function checkMove(court: Court, before: SequenceRecord | null, after: SequenceRecord): void {
  const { sequenceId, state } = after;
  if (before === null) {
    if (state !== "waiting") court.fail("moves", `${sequenceId} begins as ${state}`);
    return;
  }
  if (before.state !== state && !isReachable(before.state, state)) {
    court.fail("moves", `${sequenceId} went from ${before.state} to ${state}`);
  }
  if (MOVES[before.state] === undefined && outcomeOf(before) !== outcomeOf(after)) {
    court.fail("moves", `${sequenceId} is over, but its outcome changed`);
  }
  const stored = new Set(after.results.filter((each) => each.state === "stored").map(nameOf));
  const lost = before.results.find((each) => each.state === "stored" && !stored.has(nameOf(each)));
  if (lost !== undefined) court.fail("moves", `${sequenceId} lost its result ${nameOf(lost)}`);
}

function isReachable(from: string, to: string): boolean {
  const next = MOVES[from] ?? [];
  if (next.includes(to)) return true;
  return next.some((each) => PASSED_THROUGH.has(each) && isReachable(each, to));
}

function nameOf({ part, index }: SequenceRecord["results"][number]): string {
  return `${part}-${index}`;
}

function outcomeOf({ outcome, endedAtMs, state }: SequenceRecord): string {
  return JSON.stringify([state, outcome, endedAtMs]);
}

function checkHolders(
  court: Court,
  holders: ReadonlySet<string>,
  sessions: readonly string[],
): void {
  const same = sessions.length === holders.size && sessions.every((each) => holders.has(each));
  if (!same) {
    const detail = `the budget holds ${sessions.join(", ")}; the records ${[...holders].join(", ")}`;
    court.fail("holding", detail);
  }
}

function keysOf(record: SequenceRecord): string[] {
  const { sequenceId, machineId, lane, pass, place, state, part, reason } = record;
  const keys: string[] = [];
  // Retries of offline machines wait behind all others, in the order of the lanes they are of.
  const isRetry = reason?.code === "offline";
  const digits = isRetry ? `${lane}${String(pass).padStart(11, "0")}` : String(pass);
  const rank = `${isRetry ? 4 : lane}!${digits.padStart(12, "0")}!${sequenceId}`;
  if (place?.kind === "ready") keys.push(`ready!${rank}`);
  if (place?.kind === "behind") keys.push(`behind!${machineId}!${rank}`);
  if (place?.kind === "later") {
    keys.push(`later!${String(Math.floor(place.dueAtMs)).padStart(13, "0")}!${sequenceId}`);
  }
  if (HOLDING.has(state) || (state === "waiting" && part > 0)) keys.push(`machine!${machineId}`);
  if (record.results.some((each) => each.state === "owed")) keys.push(`owed!${sequenceId}`);
  return keys;
}

// What the workflows write under these keys are records and budgets; their parts are looked at one
// by one.
function isRecord(body: unknown): body is SequenceRecord {
  return typeof body === "object" && body !== null && "sequenceId" in body && "state" in body;
}

function isBudget(body: unknown): body is Pick<Budget, "sessions"> {
  return typeof body === "object" && body !== null && "sessions" in body;
}
