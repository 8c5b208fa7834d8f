import { z } from "zod";
import {
  BEHIND,
  hostnamesOf,
  LATER,
  machineIdOfHostname,
  READY,
  sequenceIdIn,
} from "../../ledger/row/keys.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import { hostnameSchema, labelHashOf } from "../../ledger/sequence/history.ts";
import { indexSchema } from "../../ledger/sequence/rows.ts";
import type { LedgerReads } from "../../ports.ts";

/** One page of the Table service; of a longer waiting line the rest is not seen here. */
const ROWS_MAX = 1_000;
/** Machines whose names begin alike; more are not told apart. Our own bound. */
const NAMESAKES_MAX = 50;
/** Of those that a name fits, so many are looked at for what the caller may see of them. */
const MEANT_MAX = 10;

const MACHINE_ID = /^[0-9a-f]{40}$/;
/** What a key of the history of a machine has behind the machine. */
export const placeInHistory = z
  .string()
  .regex(/^\d{13}![0-9a-hjkmnp-tv-z]{20}\.[0-9a-hjkmnp-tv-z]{12}$/);

/** A sequence that waits, as the row of the waiting line says. */
interface WaitingRow {
  readonly sequenceId: string;
  readonly machineId: string;
  readonly machineName: string | null;
}

/** What waits now, and the order of those that are ready. */
export interface WaitingLine {
  readonly rows: readonly WaitingRow[];
  readonly positions: ReadonlyMap<string, number>;
}

/** The first thousand that are ready, that wait for a time, and that wait behind machines. */
export async function readWaitingLine(ledger: LedgerReads): Promise<WaitingLine> {
  const [ready = [], ...others] = await Promise.all(
    [READY, LATER, BEHIND].map(({ from, before }) => ledger.list(from, before, ROWS_MAX)),
  );
  const rows = sorted(indexSchema, [ready, ...others].flat()).readable.map(({ row, value }) => {
    const { machineId, machineName } = value;
    return { sequenceId: sequenceIdIn(row.key), machineId, machineName };
  });
  const positions = new Map(ready.map(({ key }, index) => [sequenceIdIn(key), index]));
  return { rows, positions };
}

/** The machines that somebody may mean: the one with this id, or those with this name. */
export async function machinesMeant(
  ledger: LedgerReads,
  idOrName: string,
  line: WaitingLine,
): Promise<readonly string[]> {
  const id = idOrName.toLowerCase();
  if (MACHINE_ID.test(id)) return [id];
  return (await machineIdsOf(ledger, idOrName, line)).slice(0, MEANT_MAX);
}

/**
 * The ids of the machines with this name: the whole name, or its first label if it has no dot. They
 * are those that were sent something, and those for which something waits.
 */
async function machineIdsOf(
  ledger: LedgerReads,
  name: string,
  { rows: waiting }: WaitingLine,
): Promise<readonly string[]> {
  const asked = name.toLowerCase();
  const isOf = (machineName: string | null): boolean => {
    const own = machineName?.toLowerCase() ?? "";
    return own === asked || (!asked.includes(".") && own.split(".")[0] === asked);
  };
  const { from, before } = hostnamesOf(labelHashOf(asked));
  const rows = await ledger.list(from, before, NAMESAKES_MAX);
  const sent = sorted(hostnameSchema, rows)
    .readable.filter(({ value }) => isOf(value.machineName))
    .map(({ row }) => machineIdOfHostname(row.key));
  const next = waiting.filter((each) => isOf(each.machineName)).map(({ machineId }) => machineId);
  return [...new Set([...sent, ...next])];
}
