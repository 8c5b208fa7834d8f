import { z } from "zod";
import type { Caller } from "../../access/caller.ts";
import { cursorOf, readCursor } from "../../ledger/row/cursor.ts";
import { roundKey, SWEEP } from "../../ledger/row/sweep-keys.ts";
import { isoOf, isoOrNull } from "../../ledger/row/instant.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import type { Ports } from "../../ports.ts";
import { listAll } from "../../store/list-all.ts";
import { sweepsReached } from "../../store/reach-sweep.ts";
import type { Definition } from "../../sweep/definition.ts";
import { nextDueMs } from "../../sweep/due.ts";
import { roundSchema } from "../../sweep/round.ts";
import type { SweepRecord } from "../../sweep/sweep.ts";
import { describeRound, type RoundView } from "./describe-round.ts";

/** A sweep, as a list shows it. */
export interface SweepView {
  readonly name: string;
  readonly title: string;
  readonly team: string;
  readonly appliedBy: string;
  readonly appliedAt: string;
  /** Identifies the definition: whoever replaces it can say which one it means. */
  readonly hash: string;
  readonly paused: boolean;
  /** When the next round is due; null if none is, or it is paused. */
  readonly nextAt: string | null;
  readonly rounds: number;
  readonly open: readonly number[];
  readonly last: {
    readonly round: number;
    readonly endedAt: string;
    readonly targeted: number;
    readonly reached: number;
    readonly short: boolean;
  } | null;
}

/** All sweeps that the caller's rights reach, by their names. */
export async function listSweeps(
  { ledger, clock }: Pick<Ports, "ledger" | "clock">,
  caller: Caller,
): Promise<{ readonly sweeps: readonly SweepView[] }> {
  const own = sweepsReached(caller, await listAll(ledger, SWEEP));
  return { sweeps: own.map((each) => describeSweep(each, clock.earliest())) };
}

/** One sweep with its definition. */
export function describeWithDefinition(
  sweep: SweepRecord,
  nowMs: number,
): SweepView & { readonly definition: Definition } {
  return { ...describeSweep(sweep, nowMs), definition: sweep.definition };
}

export interface RoundsPage {
  readonly rounds: readonly RoundView[];
  /** The cursor of the next page; null at the end. */
  readonly next: string | null;
}

/** Rounds of a page: those of a year, if it is weekly. Our own bound. */
const ROUNDS = 52;
const placeSchema = z.int().min(1);

/**
 * A page of the rounds of a sweep, the newest first, in one request. Null if the cursor is none of
 * this list.
 */
export async function listRounds(
  { ledger }: Pick<Ports, "ledger">,
  { name, rounds }: Pick<SweepRecord, "name" | "rounds">,
  cursor: string | null,
): Promise<RoundsPage | null> {
  const last = cursor === null ? rounds : readCursor(placeSchema, cursor);
  if (last === null) return null;
  if (last === 0) return { rounds: [], next: null };
  const first = Math.max(1, last - ROUNDS + 1);
  const rows = await ledger.list(roundKey(name, first), `${roundKey(name, last)}!`, ROUNDS);
  const { readable } = sorted(roundSchema, rows);
  return {
    rounds: readable.map(({ value }) => describeRound(value)).toReversed(),
    next: first === 1 ? null : cursorOf(first - 1),
  };
}

function describeSweep(sweep: SweepRecord, nowMs: number): SweepView {
  const { name, definition, team, by, hash, paused, rounds, open, last } = sweep;
  const nextMs = paused ? null : nextDueMs(definition, Math.max(sweep.decidedAtMs, nowMs));
  return {
    name,
    title: definition.title,
    team,
    appliedBy: by,
    appliedAt: isoOf(sweep.appliedAtMs),
    hash,
    paused,
    nextAt: isoOrNull(nextMs),
    rounds,
    open,
    last: last === null ? null : lastOf(last),
  };
}

function lastOf({ round, endedAtMs, targeted, reached, short }: NonNullable<SweepRecord["last"]>) {
  return { round, endedAt: isoOf(endedAtMs), targeted, reached, short };
}
