/**
 * The lanes a profile or a routing rule can name, most urgent first; a lane's number is its place
 * here.
 */
export const LANES = ["urgent", "incident", "ticket", "sweep"] as const;
/** One of the four lanes by name. */
export type LaneName = (typeof LANES)[number];

/**
 * The lanes new sequences start in. Lane 4, retries of offline machines, is the ledger's to give.
 */
export type Lane = 0 | 1 | 2 | 3;

const NUMBERS: Readonly<Record<LaneName, Lane>> = { urgent: 0, incident: 1, ticket: 2, sweep: 3 };

/** The number of a lane: 0 urgent, 1 incident, 2 ticket, 3 sweep. */
export function laneNumber(name: LaneName): Lane {
  return NUMBERS[name];
}
