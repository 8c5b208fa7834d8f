import { createHash } from "node:crypto";
import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence/sequence.ts";
import type { Row } from "../../shared/ports.ts";
import type { Court } from "./invariants.ts";

/** The last millisecond of thirteen digits. */
const LAST_MS = 9_999_999_999_999;

/** Looks whether every machine has what was sent to it: at every commit, and at the end. */
export interface HistoryJudge {
  committed(changes: readonly RowChange[]): void;
  /** After everything was compared. */
  aftermath(rows: readonly Row[]): void;
}

/** `isMixed` where an older version sends, too, and writes no history. */
export function createHistoryJudge(
  court: Court,
  records: () => ReadonlyMap<string, SequenceRecord>,
  isMixed: boolean,
): HistoryJudge {
  const keys = new Set<string>();
  const check = (record: SequenceRecord, there: ReadonlySet<string>): void => {
    if (record.state === "waiting" && record.attempts === 0 && record.attempt === 0) return;
    for (const key of keysOf(record)) {
      if (!there.has(key)) court.fail("history", `${record.sequenceId} lacks ${key}`);
    }
  };
  return {
    committed: (changes) => {
      if (isMixed) return;
      for (const { key, op } of changes) {
        if (!/^(?:history|hostname)!/.test(key)) continue;
        if (op === "delete") court.fail("history", `${key} was deleted`);
        keys.add(key);
      }
      for (const { key } of changes) {
        const record = records().get(key.replace("sequence!", ""));
        if (record !== undefined) check(record, keys);
      }
    },
    aftermath: (rows) => {
      const there = new Set(rows.map(({ key }) => key));
      for (const record of records().values()) check(record, there);
    },
  };
}

/** In words of its own, so that a change of the program's shows here. */
function keysOf({ machineId, machineName, acceptedAtMs, sequenceId }: SequenceRecord): string[] {
  const newest = String(LAST_MS - acceptedAtMs).padStart(13, "0");
  const own = `history!${machineId}!${newest}!${sequenceId}`;
  if (machineName === null) return [own];
  const label = machineName.toLowerCase().replace(/\..*$/s, "");
  const hash = createHash("sha256").update(label).digest("hex").slice(0, 32);
  return [own, `hostname!${hash}!${machineId}`];
}
