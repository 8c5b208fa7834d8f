import { describe, expect, it } from "vitest";
import { paintFor } from "../../../local/colours.ts";
import { renderLine, type Line } from "../../../local/columns.ts";
import { foundLines, roundLine, sweepOpening } from "../../../local/demo/sweep-lines.ts";
import { sweptMembers } from "../../../local/demo/sweep-expectations.ts";
import { cast } from "./a-run.ts";
import { aRound, aSweep } from "./a-sweep.ts";

function shown(lines: readonly Line[]): string[] {
  return lines.map((line) => renderLine(line, Number.POSITIVE_INFINITY, paintFor(false)));
}

describe("what the demo says of its sweep", () => {
  it("is for what, in three lines of a terminal", () => {
    const lines = shown(sweepOpening(5));
    expect(lines).toHaveLength(3);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  it("is where the machines of a round are", () => {
    const counts = {
      targeted: 5,
      waiting: 1,
      held: 0,
      sent: 3,
      reached: 0,
      missed: { failed: 1 },
      leftOut: 0,
    };
    expect(shown([roundLine(aRound(1, { state: "running", counts }), 3_400)])).toEqual([
      "Round 1    4 s  [....................] 0 of 5 reached, 1 to be sent, 3 under way, 1 failed",
    ]);
    expect(shown([roundLine(aRound(1, { state: "running", listedAt: null }), 100)])).toEqual([
      "Round 1    1 s  lists the machines of the tenant",
    ]);
    expect(shown([roundLine(aRound(2), 12_000)])).toEqual([
      "Round 2   12 s  [####################] 5 of 5 reached",
    ]);
  });

  it("is what is rare and on which machine, and what changed on which ones", () => {
    expect(shown(foundLines(aSweep(), sweptMembers(cast)))).toEqual([
      "",
      "Rarest first: who signed what starts by itself, in round 2",
      "1 of 5  #      nobody             C:\\Users\\Public\\Libraries\\shupdate.exe",
      "               on pc-0312 alone",
      "5 of 5  #####  Microsoft Windows  C:\\spoolsv.exe",
      "",
      "What changed since the round before",
      "new   service Vpn           on srv-db02, pc-0311",
      "gone  task Contoso Updater  on pc-0101, lt-0207, pc-0312",
      "",
    ]);
  });
});
