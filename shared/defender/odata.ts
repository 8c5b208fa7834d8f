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

/** The query for machines that have reported after `sinceMs` (epoch milliseconds). */
export function machinesSeen(sinceMs: number): string {
  return query(`lastSeen gt ${new Date(sinceMs).toISOString()}`);
}

/**
 * The query for at most `most` machines called `name`: the whole DNS name if it has a dot,
 * otherwise all names that begin with it. These are too many (`pc1` also finds `pc10`), so the
 * caller compares again.
 */
export function machinesNamed(name: string, most: number): string {
  return name.includes(".")
    ? query(`computerDnsName eq ${quoted(name)}`, most)
    : query(`startswith(computerDnsName,${quoted(name)})`, most);
}

/** An OData string literal; a quote inside is doubled (OData 4.01 URL conventions, 5.1.1.6.1). */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function query(filter: string, top = PAGE_SIZE): string {
  return `$filter=${encodeURIComponent(filter)}&$top=${top}`;
}
