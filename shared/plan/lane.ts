/** The lanes a profile or a routing rule can name, most urgent first. */
export const LANE_NAMES = ["urgent", "incident", "ticket", "sweep"] as const;
export type LaneName = (typeof LANE_NAMES)[number];

/**
 * All lanes by number, most urgent first. In lane 4 wait the sequences that came back from an
 * offline machine.
 */
export const LANES = [0, 1, 2, 3, 4] as const;
export type Lane = (typeof LANES)[number];
export const URGENT_LANE: Lane = 0;
export const OFFLINE_LANE: Lane = 4;

const NUMBERS = { urgent: URGENT_LANE, incident: 1, ticket: 2, sweep: 3 } as const satisfies Record<
  LaneName,
  Lane
>;

/** The number of a lane that has a name. */
export function laneNumber(name: LaneName): Lane {
  return NUMBERS[name];
}
