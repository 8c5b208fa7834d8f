import { z } from "zod";
import { cursorOf, readCursor } from "../../ledger/row/cursor.ts";
import { isoOf } from "../../ledger/row/instant.ts";
import { machineIdOfTarget, sweptKey, sweptOf } from "../../ledger/row/sweep-keys.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import type { Ports } from "../../ports.ts";
import { sweptSchema, type Swept } from "../../sweep/target.ts";

/** A machine that the sweep has sent or given up, and what became of it. */
interface CoveredMachine {
  readonly machineId: string;
  readonly machineName: string | null;
  /** When its commands succeeded last, and in which round; null for never. */
  readonly reached: { readonly round: number; readonly at: string } | null;
  /** How the last round that asked for it ended for it. */
  readonly last: {
    readonly round: number;
    readonly state: string;
    readonly detail: string | null;
    readonly at: string;
    readonly sequenceId: string | null;
  };
}

export interface CoveragePage {
  readonly machines: readonly CoveredMachine[];
  /** The cursor of the next page; null at the end. A page may be empty before the end. */
  readonly next: string | null;
}

/** One page of the Table service. */
const ROWS = 1_000;
const cursorSchema = z.string().regex(/^[0-9a-f]{40}$/);

/**
 * The machines of a sweep by their ids; with `notSinceMs` those that it has not reached since then.
 * Machines that a round has still to send for the first time have no row here yet.
 * One request a page. Null if the cursor is none of this list.
 */
export async function listCoverage(
  { ledger }: Pick<Ports, "ledger">,
  name: string,
  { cursor, notSinceMs }: { readonly cursor: string | null; readonly notSinceMs: number | null },
): Promise<CoveragePage | null> {
  const after = cursor === null ? null : readCursor(cursorSchema, cursor);
  if (cursor !== null && after === null) return null;
  const range = sweptOf(name);
  const from = after === null ? range.from : `${sweptKey(name, after)}!`;
  const rows = await ledger.list(from, range.before, ROWS);
  const last = rows.at(-1);
  const machines = sorted(sweptSchema, rows)
    .readable.filter(({ value }) => notSinceMs === null || (value.reached?.atMs ?? 0) < notSinceMs)
    .map(({ row, value }) => described(machineIdOfTarget(row.key), value));
  const isMore = rows.length === ROWS && last !== undefined;
  return { machines, next: isMore ? cursorOf(machineIdOfTarget(last.key)) : null };
}

function described(machineId: string, swept: Swept): CoveredMachine {
  const { machineName, reached, round, state, detail, atMs, sequenceId } = swept;
  return {
    machineId,
    machineName,
    reached: reached === null ? null : { round: reached.round, at: isoOf(reached.atMs) },
    last: { round, state, detail, at: isoOf(atMs), sequenceId },
  };
}
