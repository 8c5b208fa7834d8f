import { paintFor } from "../colours.ts";
import { renderLine } from "../columns.ts";
import { changesOf, frameOf, type Moment, type Stage } from "./frame.ts";
import { openScreen } from "../screen.ts";
import type { SweepRound } from "./sweep-client.ts";
import { roundLine, stateOf } from "./sweep-lines.ts";

/** Shows how the demo goes on. */
export interface Show {
  readonly show: (moment: Moment) => void;
  /** Leaves the terminal as it was found; safe to call twice. */
  readonly close: () => void;
}

/** Shows how a round of a sweep goes on. */
export interface RoundShow {
  readonly show: (round: SweepRound, elapsedMs: number) => void;
  /** Leaves the terminal as it was found; safe to call twice. */
  readonly close: () => void;
}

/**
 * Where it is shown: a terminal gets a block that is drawn anew, everything else a line for each
 * change.
 */
export interface ShowPlace {
  readonly out: NodeJS.WriteStream;
  readonly isTerminal: boolean;
  readonly coloured: boolean;
}

/** Opens the show for a stage. */
export function openShow({ out, isTerminal, coloured }: ShowPlace, stage: Stage): Show {
  if (isTerminal) {
    const screen = openScreen(out, coloured);
    return {
      show: (moment) => {
        screen.draw(frameOf(moment, stage));
      },
      close: screen.close,
    };
  }
  const paint = paintFor(coloured);
  let shown: ReadonlyMap<string, string> = new Map();
  return {
    show: (moment) => {
      const changes = changesOf(shown, moment, stage);
      shown = changes.shown;
      for (const line of changes.lines) {
        out.write(`${renderLine(line, Number.POSITIVE_INFINITY, paint)}\n`);
      }
    },
    close: () => undefined,
  };
}

/** Opens the show of a round: one line that is drawn anew, or a line for each change. */
export function openRoundShow({ out, isTerminal, coloured }: ShowPlace): RoundShow {
  const screen = openScreen(out, coloured);
  const paint = paintFor(coloured);
  let shown = "";
  return {
    show: (round, elapsedMs) => {
      const line = roundLine(round, elapsedMs);
      if (isTerminal) {
        screen.draw([line]);
        return;
      }
      const state = renderLine(stateOf(round), Number.POSITIVE_INFINITY, paint);
      if (state === shown) return;
      shown = state;
      out.write(`${renderLine(line, Number.POSITIVE_INFINITY, paint)}\n`);
    },
    close: screen.close,
  };
}
