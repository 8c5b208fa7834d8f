import { START_MS, type Span, type SweepPlan } from "./scenario.ts";
import { chance, oneOf, stream, whole } from "./streams.ts";

const DRAWN_SHARE = 0.25;
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
/** Longer than any simulation, and half a day at most, so that no window comes twice. */
const FAR_MINUTES = 600;

/** Zones without a change of clocks, by the minutes that they are ahead of UTC. */
const ZONES = [
  { zone: "Etc/UTC", aheadMinutes: 0 },
  { zone: "Asia/Kathmandu", aheadMinutes: 345 },
  { zone: "Pacific/Honolulu", aheadMinutes: -600 },
] as const;

/**
 * For a share of the seeds a window that opens late, closes early, or is closed for some minutes,
 * which is one over midnight; by a stream of its own, so that all others stay as they were.
 */
export function drawHours(
  seed: number,
): Pick<SweepPlan, "hours"> & Pick<SweepPlan["definition"], "window"> {
  const random = stream(seed, "hours");
  if (!chance(random, DRAWN_SHARE)) return { hours: null, window: null };
  const { zone, aheadMinutes } = oneOf(random, ZONES);
  const first = whole(random, 1, 6);
  const second = first + whole(random, 2, 6);
  const { from, to, hours } = oneOf(random, [
    { from: first, to: second, hours: [[first, second]] },
    { from: -FAR_MINUTES, to: second, hours: [[-FAR_MINUTES, second]] },
    {
      from: second,
      to: first,
      hours: [
        [-FAR_MINUTES, first],
        [second, FAR_MINUTES],
      ],
    },
  ] as const);
  const window = { from: timeAt(from + aheadMinutes), to: timeAt(to + aheadMinutes), zone };
  const open = hours.map(([from, until]): Span => [from * MINUTE_MS, until * MINUTE_MS]);
  return { hours: open, window };
}

/** The time of the day in UTC so many minutes after the start, as a window has it. */
function timeAt(minutes: number): string {
  const all = Math.floor(START_MS / MINUTE_MS) + minutes;
  const ofDay = all % DAY_MINUTES;
  return [Math.floor(ofDay / 60), ofDay % 60]
    .map((each) => String(each).padStart(2, "0"))
    .join(":");
}
