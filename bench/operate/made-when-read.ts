import type { KeyRange } from "../../shared/ledger/row/key-range.ts";
import { RUNNING, summariesOf, SUMMARY } from "../../shared/ledger/row/keys.ts";
import { newestFirst } from "../../shared/ledger/row/padded.ts";
import { summaryRows } from "../../shared/ledger/run/summary.ts";
import type { Ledger, Row } from "../../shared/ports.ts";
import { runOf, TEAMS } from "./many-runs.ts";
import { START_MS } from "../../test/ledger/a-sequence.ts";

/**
 * A ledger with the summaries of so many runs that are over, one a second, each made when it is
 * read: a million rows need no memory, and cost the same requests as rows that lie somewhere.
 */
export function madeWhenRead(count: number): Ledger {
  return {
    read: async () => null,
    list: async (from, before, limit) => rowsIn(count, { from, before }, limit),
    commit: async () => {
      throw new Error("nothing is written here");
    },
  };
}

function rowsIn(count: number, range: KeyRange, limit: number): Row[] {
  const families = [SUMMARY, RUNNING, ...TEAMS.map(summariesOf), summariesOf("")];
  const family = families.find(({ from, before }) => range.from >= from && range.before <= before);
  if (family === undefined || family === RUNNING) return [];
  const rows: Row[] = [];
  for (let number = firstIn(range, family); number < count && rows.length < limit; number += 1) {
    const own = summaryRows(runOf(number), false).find(({ key }) => key.startsWith(family.from));
    if (own === undefined || own.op !== "upsert" || own.key < range.from) continue;
    if (own.key >= range.before) break;
    rows.push({ key: own.key, body: own.body, etag: String(number) });
  }
  return rows;
}

/** The number of a run at or shortly before the begin of the range: keys have its instant. */
function firstIn({ from }: KeyRange, family: KeyRange): number {
  const digits = from.slice(family.from.length).split("!")[0] ?? "";
  if (!/^\d{13}$/.test(digits)) return 0;
  const first = Number(newestFirst(START_MS));
  return Math.max(0, Math.floor((Number(digits) - first) / 1_000) - 1);
}
