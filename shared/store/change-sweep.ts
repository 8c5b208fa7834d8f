import { appendAudit, type AuditFacts } from "../evidence/audit.ts";
import { isoOf } from "../ledger/row/instant.ts";
import { auditKey } from "../ledger/row/keys.ts";
import { roundKey, sweepKey, sweptKey } from "../ledger/row/sweep-keys.ts";
import type { RowChange, Stored } from "../ledger/sequence/rows.ts";
import type { RoundRecord } from "../sweep/round.ts";
import { chainOf, type SweepRecord } from "../sweep/sweep.ts";
import type { Swept } from "../sweep/target.ts";
import type { Transaction } from "./transact.ts";

/** One decision about a sweep, for its log. */
export function factOfSweep(
  event: AuditFacts["event"],
  { atMs, by, detail }: { atMs: number; by: string | null; detail: string },
): AuditFacts {
  return { at: isoOf(atMs), event, by, sequences: [], detail };
}

/** Stages the sweep with the facts for its log, in the place of `before`; null if it is new. */
export function changeSweep(
  tx: Transaction,
  before: Stored<SweepRecord> | null,
  after: SweepRecord,
  facts: readonly AuditFacts[],
): void {
  const { head, records } = appendAudit(after.audit, chainOf(after.name), facts);
  const row = { key: sweepKey(after.name), body: { ...after, audit: head } };
  tx.stage([
    before === null ? { op: "insert", ...row } : { op: "replace", ...row, etag: before.etag },
    ...records.map(
      (record) =>
        ({ op: "insert", key: auditKey(record.chain, record.number), body: record }) as const,
    ),
  ]);
}

/** Stages the round in the place of `before`; null if it is new. */
export function changeRound(
  tx: Transaction,
  before: Stored<RoundRecord> | null,
  after: RoundRecord,
): void {
  const row = { key: roundKey(after.name, after.number), body: after };
  tx.stage([
    before === null ? { op: "insert", ...row } : { op: "replace", ...row, etag: before.etag },
  ]);
}

/**
 * The change that writes what became of a machine in the place of `before`; null if it is new. If a
 * later round has asked for the machine since, an earlier one only adds that it has reached it.
 */
export function sweptChange(
  name: string,
  machineId: string,
  before: Stored<Swept> | null,
  body: Swept,
): RowChange[] {
  const key = sweptKey(name, machineId);
  if (before === null) return [{ op: "insert", key, body }];
  const { value, etag } = before;
  if (value.round <= body.round) return [{ op: "replace", key, body, etag }];
  if ((body.reached?.atMs ?? 0) <= (value.reached?.atMs ?? 0)) return [];
  return [{ op: "replace", key, body: { ...value, reached: body.reached }, etag }];
}
