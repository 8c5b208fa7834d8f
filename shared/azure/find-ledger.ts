import type { TableClient } from "@azure/data-tables";

/** The separator between the tenant and the rest of a partition's name. */
const SEPARATOR = "|";
/** The character after it. */
const AFTER_SEPARATOR = "}";
/** It does not look for more: with two, a person has to choose. */
const LEDGERS_MAX = 5;

/**
 * The partition of a tenant's ledger. `named` is the name by the settings, `<tenant>|<client>`. But
 * if there is a ledger under another name already, that name stays, because its sequences may be
 * running. Throws if there are several, and none has the name `named`. Costs one request if `named`
 * exists.
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
