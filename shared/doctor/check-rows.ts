import type { StorageAccess } from "../azure/access.ts";
import { containerAt } from "../azure/quick-clients.ts";
import { orSetAside, SetAside, sorted } from "../ledger/row/set-aside.ts";
import { SWEEP } from "../ledger/row/sweep-keys.ts";
import { ROWS_CONTAINER } from "../outside.ts";
import type { LedgerReads } from "../ports.ts";
import { loadRound } from "../store/load-sweeps.ts";
import { sweepSchema } from "../sweep/sweep.ts";
import { found, ok, type Finding } from "./finding.ts";

const CHECK = "rows, container";
/** Sweeps that are read, and named. Our own bounds. */
const SWEEPS_MAX = 1_000;
const NAMES_MAX = 3;

/**
 * Whether the container with the rows of sweeps is there. lrq makes it with the first rows, so its
 * absence is a finding only if a round has read some: then they are gone.
 */
export async function checkRows(
  access: StorageAccess,
  ledger: LedgerReads,
): Promise<readonly Finding[]> {
  try {
    const isThere = await containerAt(access, ROWS_CONTAINER).exists();
    return [rowsFinding(isThere, isThere ? [] : await sweepsWithRows(ledger))];
  } catch {
    const fix = "Read the findings about rows, reading and writing first.";
    return [found("unknown", CHECK, "lrq cannot see whether it is there.", fix)];
  }
}

/** The finding, if the last rounds of these sweeps have read rows. */
export function rowsFinding(isThere: boolean, sweeps: readonly string[]): Finding {
  if (isThere) return ok(CHECK, "It is there.");
  if (sweeps.length === 0) return ok(CHECK, "Not there yet: lrq makes it with the first rows.");
  const names = sweeps.slice(0, NAMES_MAX).join(", ");
  const more = sweeps.length > NAMES_MAX ? ", ..." : "";
  const what = `It is missing, and with it the rows that rounds have read: ${names}${more}.`;
  const fix =
    "Restore it before the next round makes an empty one: in the portal, at the account, " +
    "Containers, Show deleted containers, within 14 days. Afterwards the rows are only in the " +
    "evidence; start a round to read new ones.";
  return found("error", CHECK, what, fix);
}

/** Names of the sweeps whose last round has reached machines and read rows of them. */
export async function sweepsWithRows(ledger: LedgerReads): Promise<readonly string[]> {
  const rows = await ledger.list(SWEEP.from, SWEEP.before, SWEEPS_MAX);
  const names: string[] = [];
  for (const { value } of sorted(sweepSchema, rows).readable) {
    const { name, last, deleted } = value;
    if (deleted || last === null || last.reached === 0) continue;
    const round = await orSetAside(loadRound(ledger, name, last.round));
    if (round === null || round instanceof SetAside) continue;
    if (round.value.rows.length > 0) names.push(name);
  }
  return names;
}
