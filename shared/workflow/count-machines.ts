import { capKey } from "../ledger/keys.ts";
import type { RowChange, Stored } from "../ledger/rows.ts";
import {
  capSchema,
  dayOf,
  whichCap,
  type CapCount,
  type Caps,
  type OverCap,
} from "../limits/caps.ts";
import type { Ledger } from "../ports.ts";

/** Whom machines are counted for, and the caps that are theirs. */
export interface Counting {
  readonly caps: Caps;
  readonly caller: string;
}

/** The rows that count machines, or the cap in their way. */
export type Count =
  | { readonly kind: "counted"; readonly rows: readonly RowChange[] }
  | ({ readonly kind: "overCap" } & OverCap);

/** Everybody together; no caller has this name. */
const EVERYBODY = "*";

/**
 * Counts `asked` machines more, of an incident that has `ofIncident`. The rows belong into the
 * transaction that writes the sequences: whoever counted meanwhile makes it lose, so no two
 * requests take the same room.
 */
export async function countMachines(
  ledger: Ledger,
  { caps, caller }: Counting,
  { ofIncident, asked }: { ofIncident: number; asked: number },
  nowMs: number,
): Promise<Count> {
  const day = dayOf(nowMs);
  const keys = [capKey(day, caller), capKey(day, EVERYBODY)] as const;
  const [own, all] = await Promise.all([load(ledger, keys[0]), load(ledger, keys[1])]);
  const before = { ofCallerToday: own?.value.machines ?? 0, today: all?.value.machines ?? 0 };
  const over = whichCap(caps, { ofIncident, ...before }, asked);
  if (over !== null) return { kind: "overCap", ...over };
  const rows = [
    counted(keys[0], own, before.ofCallerToday + asked),
    counted(keys[1], all, before.today + asked),
  ];
  return { kind: "counted", rows };
}

async function load(ledger: Ledger, key: string): Promise<Stored<CapCount> | null> {
  const row = await ledger.read(key);
  return row === null ? null : { value: capSchema.parse(row.body), etag: row.etag };
}

function counted(key: string, stored: Stored<CapCount> | null, machines: number): RowChange {
  const body: CapCount = { v: 1, machines };
  return stored === null
    ? { op: "insert", key, body }
    : { op: "replace", key, body, etag: stored.etag };
}
