import { teamOf, type Caller } from "../access/caller.ts";
import type { Stored } from "../ledger/sequence/rows.ts";
import { sorted } from "../ledger/row/set-aside.ts";
import type { LedgerReads, Row } from "../ports.ts";
import type { RoundRecord } from "../sweep/round.ts";
import { sweepSchema, type SweepRecord } from "../sweep/sweep.ts";
import { loadRound, loadSweep } from "./load-sweeps.ts";

/** True if the caller's rights reach it: it is of the caller's team and of its profiles. */
function reachesSweep(
  caller: Pick<Caller, "name" | "team" | "all" | "profiles">,
  { team, definition }: Pick<SweepRecord | RoundRecord, "team" | "definition">,
): boolean {
  const { all, profiles } = caller;
  if (!all && team !== teamOf(caller)) return false;
  return profiles === null || definition.profiles.every((each) => profiles.includes(each));
}

/** Of rows of sweeps those that the caller's rights reach, without deleted and unreadable ones. */
export function sweepsReached(caller: Caller, rows: readonly Row[]): readonly SweepRecord[] {
  return sorted(sweepSchema, rows)
    .readable.map(({ value }) => value)
    .filter((each) => !each.deleted && reachesSweep(caller, each));
}

/**
 * The sweep, if there is one of this name and the caller's rights reach it; else null. One that was
 * deleted is there only for who asks for `deleted` ones, too: its log stays.
 */
export async function reachSweep(
  ledger: LedgerReads,
  caller: Caller,
  name: string,
  { deleted = false }: { readonly deleted?: boolean } = {},
): Promise<Stored<SweepRecord> | null> {
  const sweep = isName(name) ? await loadSweep(ledger, name) : null;
  if (sweep === null || !reachesSweep(caller, sweep.value)) return null;
  return deleted || !sweep.value.deleted ? sweep : null;
}

/** A round of the sweep, also of one that was deleted; `last` is the one that began last. */
export async function reachRound(
  ledger: LedgerReads,
  caller: Caller,
  name: string,
  number: number | "last",
): Promise<Stored<RoundRecord> | null> {
  const sweep = isName(name) ? await loadSweep(ledger, name) : null;
  if (sweep === null) return null;
  const round = await loadRound(ledger, name, number === "last" ? sweep.value.rounds : number);
  return round !== null && reachesSweep(caller, round.value) ? round : null;
}

/** What can be the name of a sweep, and so a part of a key. */
function isName(name: string): boolean {
  return name.length <= 64 && /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name);
}
