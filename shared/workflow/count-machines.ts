import { z } from "zod";
import { CAPS_KEY } from "../ledger/keys.ts";
import type { RowChange } from "../ledger/rows.ts";
import { dayOf, whichCap, type Caps, type OverCap } from "../limits/caps.ts";
import type { Ledger } from "../ports.ts";
import type { MaybeStored } from "./load.ts";

/** Whom machines are counted for, and the caps that are theirs. */
export interface Counting {
  readonly caps: Caps;
  readonly caller: string;
}

/** The row that counts machines, or the cap in their way. */
export type Count =
  | { readonly kind: "counted"; readonly rows: readonly RowChange[] }
  | ({ readonly kind: "overCap" } & OverCap);

const count = z.number().int().nonnegative();
const countsSchema = z.object({
  v: z.literal(1),
  /** Eight digits, in UTC. */
  day: z.string(),
  machines: count,
  callers: z.record(z.string(), count),
});

/** What was accepted on one day: of everybody, and of each caller. */
export type Counts = z.infer<typeof countsSchema>;

const NO_COUNTS: Counts = { v: 1, day: "", machines: 0, callers: {} };

/** The counts as they stand, to count on. Stale ones only make the commit lose. */
export async function loadCounts(ledger: Ledger): Promise<MaybeStored<Counts>> {
  const row = await ledger.read(CAPS_KEY);
  return row === null
    ? { value: NO_COUNTS, etag: null }
    : { value: countsSchema.parse(row.body), etag: row.etag };
}

/**
 * Counts `asked` machines more, of an incident that has `ofIncident`. The row belongs into the
 * transaction that writes the sequences: whoever counted meanwhile makes it lose, so no two
 * requests take the same room.
 */
export function countMachines(
  stored: MaybeStored<Counts>,
  { caps, caller }: Counting,
  { ofIncident, asked }: { ofIncident: number; asked: number },
  nowMs: number,
): Count {
  const before = onDay(stored.value, dayOf(nowMs));
  const ofCallerToday = Object.hasOwn(before.callers, caller) ? (before.callers[caller] ?? 0) : 0;
  const over = whichCap(caps, { ofIncident, ofCallerToday, today: before.machines }, asked);
  if (over !== null) return { kind: "overCap", ...over };
  const body: Counts = {
    ...before,
    machines: before.machines + asked,
    callers: { ...before.callers, [caller]: ofCallerToday + asked },
  };
  const row: RowChange =
    stored.etag === null
      ? { op: "insert", key: CAPS_KEY, body }
      : { op: "replace", key: CAPS_KEY, body, etag: stored.etag };
  return { kind: "counted", rows: [row] };
}

/** A day begins with nothing; a host that is a moment behind counts on the one that has begun. */
function onDay(counts: Counts, day: string): Counts {
  return counts.day >= day ? counts : { ...NO_COUNTS, day };
}
