import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Command } from "../../shared/plan/command/command.ts";
import { commandRank } from "../../shared/plan/command/command.ts";
import { splitIntoParts } from "../../shared/plan/parts.ts";

const command = fc.constantFrom<Command>(
  { type: "PutFile", fileName: "a.zip" },
  { type: "RunScript", scriptName: "a.ps1", args: null },
  { type: "GetFile", path: "/a" },
);
const commands = fc.array(command, { maxLength: 12 });

describe("splitting commands into parts", () => {
  it("loses, adds and moves nothing", () => {
    fc.assert(
      fc.property(commands, (all) => {
        expect(splitIntoParts(all).flat()).toEqual(all);
      }),
    );
  });

  it("gives parts that each keep the order and are never empty", () => {
    fc.assert(
      fc.property(commands, (all) => {
        for (const part of splitIntoParts(all)) {
          const ranks = part.map(commandRank);
          expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
          expect(part.length).toBeGreaterThan(0);
        }
      }),
    );
  });

  it("gives as few parts as any way of cutting", () => {
    fc.assert(
      fc.property(commands, (all) => {
        expect(splitIntoParts(all)).toHaveLength(fewestParts(all.map(commandRank)));
      }),
    );
  });
});

/** The fewest parts by trying every last cut: fewest[n] is for the first n commands. */
function fewestParts(ranks: readonly number[]): number {
  const fewest = [0];
  for (let end = 1; end <= ranks.length; end += 1) {
    const cuts = fewest.flatMap((parts, from) => {
      const part = ranks.slice(from, end);
      return part.every((rank, at) => at === 0 || rank >= (part[at - 1] ?? 0)) ? [parts + 1] : [];
    });
    fewest.push(Math.min(...cuts));
  }
  return fewest.at(-1) ?? 0;
}
