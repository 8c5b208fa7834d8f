import type { RoundRecord } from "./round.ts";

/** How far the listing of a round has come. */
export type Listing = NonNullable<RoundRecord["listing"]>;

type Hunted = Listing["hunted"];
type Named = ReadonlySet<string> | null;

/** How far a listing with a query has come, after one more page of Defender's list. */
export function withPage(
  hunted: Hunted,
  named: Named,
  page: readonly { readonly machineId: string }[],
): Hunted {
  if (hunted === null) return null;
  const listed = page.filter(({ machineId }) => named?.has(machineId) ?? false).length;
  return { ...hunted, listed: hunted.listed + listed };
}

/** What a query came to once all pages were read; null if there was none. */
export function queryAfter(hunted: Hunted, named: Named): RoundRecord["query"] {
  if (hunted === null || named === null) return null;
  const { odd, listed } = hunted;
  // A list that changes while it is read may show a machine twice.
  return { named: named.size, odd, notListed: Math.max(0, named.size - listed) };
}

/** The round with its listing here; what was in the way of a listing is over. */
export function listedTo(round: RoundRecord, listing: Listing | null, nowMs: number): RoundRecord {
  const listedAtMs = listing === null ? nowMs : round.listedAtMs;
  const hindrance = OF_LISTINGS.has(round.hindrance?.code ?? "") ? null : round.hindrance;
  return { ...round, listing, listedAtMs, hindrance };
}

/** The codes of what hinders a listing. */
const OF_LISTINGS: ReadonlySet<string> = new Set(["token", "machinesUnknown", "queryUnanswered"]);
