import { countsSchema, type Counts } from "../../ledger/run/accepted.ts";
import { CAPS_KEY } from "../../ledger/row/keys.ts";
import type { RowChange } from "../../ledger/sequence/rows.ts";
import { orSetAside, SetAside, valueOf } from "../../ledger/row/set-aside.ts";
import { dayOf, whichCap, type Caps, type OverCap } from "../../access/caps.ts";
import type { Ledger } from "../../ports.ts";
import type { MaybeStored } from "../../store/load.ts";

/** The new machines of a request, for whom they are counted, and the caps that apply. */
export interface NewMachines {
  readonly caps: Caps;
  readonly caller: string;
  /** How many the incident has already. */
  readonly ofIncident: number;
  readonly asked: number;
}

/** The counts with the new machines, or the cap that is full. */
export type Count =
  | { readonly kind: "counted"; readonly counts: Counts }
  | { readonly kind: "overCap"; readonly over: OverCap };

const NO_COUNTS: Counts = { v: 1, day: "", machines: 0, callers: {} };

/** The present counts. If they are old, the commit only loses. */
export async function loadCounts(ledger: Ledger): Promise<MaybeStored<Counts>> {
  const row = await ledger.read(CAPS_KEY);
  return row === null
    ? { value: NO_COUNTS, etag: null }
    : { value: valueOf(countsSchema, row), etag: row.etag };
}

/** The same; null if they are set aside. */
export async function loadReadableCounts(ledger: Ledger): Promise<MaybeStored<Counts> | null> {
  const counts = await orSetAside(loadCounts(ledger));
  return counts instanceof SetAside ? null : counts;
}

/** The change that writes the counts in the place of `stored`. */
export function countsChange({ etag }: MaybeStored<Counts>, body: Counts): RowChange {
  return etag === null
    ? { op: "insert", key: CAPS_KEY, body }
    : { op: "replace", key: CAPS_KEY, body, etag };
}

/**
 * Counts a request's machines. The row has to be in the transaction that writes their sequences: if
 * somebody else has counted meanwhile, it loses, so no two requests use the same room.
 */
export function countMachines(
  current: Counts,
  { caps, caller, ofIncident, asked }: NewMachines,
  nowMs: number,
): Count {
  const before = onDay(current, dayOf(nowMs));
  const ofCallerToday = Object.hasOwn(before.callers, caller) ? (before.callers[caller] ?? 0) : 0;
  const over = whichCap(caps, { ofIncident, ofCallerToday, today: before.machines }, asked);
  if (over !== null) return { kind: "overCap", over };
  const counts: Counts = {
    ...before,
    machines: before.machines + asked,
    callers: { ...before.callers, [caller]: ofCallerToday + asked },
  };
  return { kind: "counted", counts };
}

/**
 * A new day begins at zero. A host whose clock is a little behind goes on with the day that has
 * begun.
 */
function onDay(counts: Counts, day: string): Counts {
  return counts.day >= day ? counts : { ...counts, ...NO_COUNTS, day };
}
