import type { TableClient } from "@azure/data-tables";

/** Between the tenant and the rest of a partition's name. */
const SEPARATOR = "|";
/** The character after it. */
const AFTER_SEPARATOR = "}";
/** More are not looked for: with two a person has to choose. */
const LEDGERS_MAX = 5;

/**
 * The partition that the ledger of a tenant is in. `named` is what the settings make of it,
 * `<tenant>|<client>`; but a ledger that is there already is kept under the name it was begun with,
 * for its sequences may be running. Throws if there are several, and none is the named one. Costs
 * one request where the named one is there.
 */
export async function findLedger(table: TableClient, named: string): Promise<string> {
  const end = named.indexOf(SEPARATOR);
  if (end < 0 || (await hasRows(table, named))) return named;
  const tenant = named.slice(0, end);
  const there: string[] = [];
  for (let last = `${tenant}${SEPARATOR}`; there.length < LEDGERS_MAX;) {
    const range = `PartitionKey gt '${last}' and PartitionKey lt '${tenant}${AFTER_SEPARATOR}'`;
    const next = await firstPartition(table, range);
    if (next === null) break;
    there.push(next);
    last = next;
  }
  const [only, ...others] = there;
  if (others.length === 0) return only ?? named;
  const choose = "set DEFENDER_CLIENT_ID to the second half of the one that counts";
  throw new Error(`the table has several ledgers of the tenant, ${there.join(", ")}: ${choose}`);
}

async function hasRows(table: TableClient, partition: string): Promise<boolean> {
  return (await firstPartition(table, `PartitionKey eq '${partition}'`)) !== null;
}

/** A page can be empty and others come after it (Table service). */
async function firstPartition(table: TableClient, filter: string): Promise<string | null> {
  const queryOptions = { filter, select: ["PartitionKey"] };
  for await (const page of table.listEntities({ queryOptions }).byPage({ maxPageSize: 1 })) {
    for (const { partitionKey } of page) if (partitionKey !== undefined) return partitionKey;
  }
  return null;
}
