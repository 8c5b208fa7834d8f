/**
 * The largest page Defender serves (list machine actions and list machines pages: `$top` at most
 * 10,000).
 */
export const PAGE_SIZE = 10_000;

/**
 * The query of the one list call: every live response action created at or after `sinceMs` (epoch
 * milliseconds).
 */
export function actionsSince(sinceMs: number): string {
  const since = new Date(sinceMs).toISOString();
  return query(`type eq 'LiveResponse' and creationDateTimeUtc ge ${since}`);
}

/** The query for live response actions that no machine has begun yet. */
export function actionsPending(): string {
  return query("type eq 'LiveResponse' and status eq 'Pending'");
}

/**
 * Members of a page of all machines: some 6 MB of JSON, where 10,000 would be more than a reader
 * of pages wants to hold. Our own bound.
 */
export const MACHINES_PAGE = 2_000;

/** The query for machines of any kind, without so many of the first. */
export function everyMachine(skipped: number): string {
  const top = `$top=${MACHINES_PAGE}`;
  return skipped === 0 ? top : `${top}&$skip=${skipped}`;
}

/** The query for machines that have reported after `sinceMs` (epoch milliseconds). */
export function machinesSeen(sinceMs: number): string {
  return query(`lastSeen gt ${new Date(sinceMs).toISOString()}`);
}

/**
 * The query for machines with one of these ids. No page shows `in`, which came with OData 4.01. The
 * page says that OData 4 queries are supported, and that has `or`.
 */
export function machinesWithIds(machineIds: readonly string[]): string {
  return query(machineIds.map((id) => `id eq ${quoted(id)}`).join(" or "));
}

/**
 * The query for machines whose name is one of these labels, or begins with one and a dot: `pc1`
 * finds `pc1` and `pc1.corp.example`, but not `pc10`.
 */
export function machinesLabelled(labels: readonly string[]): string {
  const terms = labels.flatMap((label) => [
    `computerDnsName eq ${quoted(label)}`,
    `startswith(computerDnsName,${quoted(`${label}.`)})`,
  ]);
  return query(terms.join(" or "));
}

/** An OData string literal; a quote inside is doubled (OData 4.01 URL conventions, 5.1.1.6.1). */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function query(filter: string): string {
  return `$filter=${encodeURIComponent(filter)}&$top=${PAGE_SIZE}`;
}
