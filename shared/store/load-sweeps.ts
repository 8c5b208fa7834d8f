import { machineIdOfTarget, roundKey, sweepKey, sweptKey } from "../ledger/row/sweep-keys.ts";
import { valueOf } from "../ledger/row/set-aside.ts";
import type { Stored } from "../ledger/sequence/rows.ts";
import type { LedgerReads } from "../ports.ts";
import { roundSchema, type RoundRecord } from "../sweep/round.ts";
import { sweepSchema, type SweepRecord } from "../sweep/sweep.ts";
import { sweptSchema, type Swept } from "../sweep/target.ts";

/** One page of the Table service. */
const PAGE = 1_000;

/** The sweep of this name; null if nobody has applied one. Throws `SetAside` as all loads do. */
export async function loadSweep(
  ledger: LedgerReads,
  name: string,
): Promise<Stored<SweepRecord> | null> {
  const row = await ledger.read(sweepKey(name));
  return row === null ? null : { value: valueOf(sweepSchema, row), etag: row.etag };
}

/** A round of a sweep; null if there is none of this number. */
export async function loadRound(
  ledger: LedgerReads,
  name: string,
  number: number,
): Promise<Stored<RoundRecord> | null> {
  const row = await ledger.read(roundKey(name, number));
  return row === null ? null : { value: valueOf(roundSchema, row), etag: row.etag };
}

/**
 * What became of these machines when the sweep last asked for them; one that it has never asked for
 * is not in it. The ids are sorted. Machines that are neighbours cost one request together, because
 * a sweep asks for all its machines in the order of their ids.
 */
export async function loadSwept(
  ledger: LedgerReads,
  name: string,
  machineIds: readonly string[],
): Promise<ReadonlyMap<string, Stored<Swept>>> {
  const found = new Map<string, Stored<Swept>>();
  const wanted = new Set(machineIds);
  let start = 0;
  const last = machineIds.at(-1) ?? "";
  while (start < machineIds.length) {
    const from = sweptKey(name, machineIds[start] ?? "");
    const rows = await ledger.list(from, `${sweptKey(name, last)}!`, PAGE);
    for (const row of rows) {
      const machineId = machineIdOfTarget(row.key);
      if (!wanted.has(machineId)) continue;
      found.set(machineId, { value: valueOf(sweptSchema, row), etag: row.etag });
    }
    const end = rows.at(-1);
    if (end === undefined || rows.length < PAGE) break;
    const reached = machineIdOfTarget(end.key);
    start = machineIds.findIndex((each) => each > reached);
    if (start < 0) break;
  }
  return found;
}
