import { describe, expect, it } from "vitest";
import { checkChain } from "../../page/custody/check-chain.ts";
import { appendEntry, type CustodyEntry } from "../../shared/evidence/custody.ts";
import { anEntry } from "../evidence/an-entry.ts";

type Entry = Readonly<Record<string, unknown>>;

const ENTRIES = entries(3);
const HEAD = String(ENTRIES.at(-1)?.["hash"]);

function entries(count: number): Entry[] {
  const made: CustodyEntry[] = [];
  for (let index = 0; index < count; index += 1) {
    made.push(appendEntry(made.at(-1) ?? null, { ...anEntry(), commandIndex: index }));
  }
  return made;
}

const changed = (at: number, change: object): Entry[] =>
  ENTRIES.map((entry, index) => (index === at ? { ...entry, ...change } : entry));

describe("the chain as a browser computes it", () => {
  it("holds as lrq wrote it, and an empty one too", async () => {
    expect(await checkChain(ENTRIES, HEAD)).toEqual({ kind: "holds", entries: 3, head: HEAD });
    const none = "0".repeat(64);
    expect(await checkChain([], none)).toEqual({ kind: "holds", entries: 0, head: none });
  });

  it.each([
    ["a member was changed", changed(1, { size: 1 }), 2],
    ["a member was added", changed(1, { more: true }), 2],
    ["an entry was taken out", ENTRIES.filter((_, index) => index !== 1), 2],
    ["two entries changed places", [ENTRIES[1] ?? {}, ENTRIES[0] ?? {}], 1],
    ["the end was cut off", ENTRIES.slice(0, 2), 2],
  ])("is broken if %s, and says where", async (_, given, number) => {
    expect(await checkChain(given, HEAD)).toMatchObject({ kind: "broken", number });
  });
});
