import type { Line } from "../columns.ts";
import type { CastMember } from "./cast.ts";
import { openRoundShow, type RoundShow, type ShowPlace } from "./show.ts";
import type { SweepPreview, SweepSeen } from "./sweep-client.ts";
import { foundLines, sweepOpening } from "./sweep-lines.ts";

/** The definition of the sweep, below the app's folder. */
export const SWEEP_FILE = "local/demo/autostarts.json";

/** Everything the demo says of its sweep, in the order it is said. */
export interface SweepReporter {
  /** What a sweep is for. */
  opens(): void;
  applied(preview: SweepPreview): void;
  openRound(): RoundShow;
  /** What the rounds found. */
  found(seen: SweepSeen): void;
}

/** A reporter of the sweep that is for `members`. */
export function createSweepReporter(
  place: ShowPlace,
  print: (...lines: readonly Line[]) => void,
  members: readonly CastMember[],
): SweepReporter {
  return {
    opens: () => {
      print(...sweepOpening(members.length), []);
    },
    applied: ({ asked, calls }) => {
      const costs = `${asked} machines, ${calls} calls a round`;
      print([{ tone: "faint", text: `${SWEEP_FILE} is applied: ${costs}` }], []);
    },
    openRound: () => openRoundShow(place),
    found: (seen) => {
      print(...foundLines(seen, members));
    },
  };
}
