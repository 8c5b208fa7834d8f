import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MachineMention } from "../../shared/incident/incident.ts";
import {
  machineIdOf,
  machineNameOf,
  mentionOf,
  mergeMentions,
  wordsIn,
} from "../../shared/incident/machine-mention.ts";

const ID = "0a".repeat(20);
const OTHER = "0b".repeat(20);

const mention = (machineId: string | null, name: string | null): MachineMention => ({
  machineId,
  name,
  platform: null,
});

describe("a machine's id", () => {
  it("is 40 hex digits, in lower case", () => {
    expect(machineIdOf(` ${ID.toUpperCase()} `)).toBe(ID);
    expect(machineIdOf(ID.slice(1))).toBeNull();
    expect(machineIdOf(`${ID}0`)).toBeNull();
    expect(machineIdOf(`g${ID.slice(1)}`)).toBeNull();
  });

  it("is found among words separated by commas, semicolons, spaces or lines", () => {
    expect(wordsIn(`${ID},${OTHER};x\n${ID}`)).toEqual([ID, OTHER, "x", ID]);
    expect(wordsIn("")).toEqual([]);
  });
});

describe("a machine's name", () => {
  it.each([
    ["PC-0042", "pc-0042"],
    ["Web-01.Corp.Contoso.example.", "web-01.corp.contoso.example"],
    ["SRV_SQL01", "srv_sql01"],
    ["7", "7"],
  ])("%s is taken as %s", (said, name) => {
    expect(machineNameOf(said)).toBe(name);
  });

  it.each([
    "",
    ".",
    "a..b",
    "-pc",
    "pc-",
    "Jane's Mac",
    "pc\n0042",
    "pc'; drop",
    "a/b",
    "ü",
    "a".repeat(64),
    "a.".repeat(128) + "a",
  ])("%j is not taken", (said) => {
    expect(machineNameOf(said)).toBeNull();
  });
});

describe("a mention", () => {
  it("falls back to the name when the id is not one, and to the next name when one is not", () => {
    const said = { machineId: "vm-1", names: [null, "two words", "PC-1"], systems: [] };
    expect(mentionOf(said)).toEqual(mention(null, "pc-1"));
  });

  it.each([
    [String.raw`CORP\PC-0003`, "pc-0003"],
    ["PC-0004$", "pc-0004"],
    [String.raw`CORP\PC-0005$`, "pc-0005"],
  ])("reads %s as %s, and keeps what was written", (written, name) => {
    const said = { machineId: null, names: [written], systems: [] };
    expect(mentionOf(said)).toEqual({ ...mention(null, name), written });
  });

  it("by an id keeps a name that is none, for people", () => {
    const said = { machineId: ID, names: [null, "Erika's iPad"], systems: [] };
    expect(mentionOf(said)).toEqual({ ...mention(ID, null), written: "Erika's iPad" });
  });

  it("takes a name that needs no reading before one that does", () => {
    const said = { machineId: null, names: ["PC-1$", "pc-2"], systems: [] };
    expect(mentionOf(said)).toEqual(mention(null, "pc-2"));
  });
});

describe("an IP address", () => {
  it.each([
    "10.9.9.9",
    "10.9.9.9.",
    "10.9.9",
    "0x0a.9.9.9",
    String.raw`CORP\10.9.9.9$`,
    "10.9.9.9:443",
    "10.0.0.0/8",
    "fe80::1%eth0",
    "[2001:db8::1]:443",
    "2001:db8:0:0:0:0:0:1",
    "::ffff:10.9.9.9",
  ])("%s is no name, and the reason says what it is", (address) => {
    const said = { machineId: null, names: [address], systems: [] };
    const reason = expect.stringContaining("IP address");
    expect(mentionOf(said)).toMatchObject({ shownAs: address, reason });
  });

  it.each(["10", "ip-10-9-9-9", "10.corp.example", "7.9a"])("%s is a name", (name) => {
    expect(machineNameOf(name)).toBe(name);
  });

  it("gives way to a name, and stays beside an id for people", () => {
    const names = ["10.9.9.9", "pc-1"];
    expect(mentionOf({ machineId: null, names, systems: [] })).toEqual(mention(null, "pc-1"));
    expect(mentionOf({ machineId: ID, names: ["10.9.9.9"], systems: [] })).toEqual({
      ...mention(ID, null),
      written: "10.9.9.9",
    });
  });
});

describe("merging mentions", () => {
  it("joins a name alone with the id mentioned by that name, before or after", () => {
    expect(mergeMentions([mention(null, "a"), mention(ID, "a"), mention(null, "a")])).toEqual([
      mention(ID, "a"),
    ]);
  });

  it("joins an id without a name and a name through the mention that has both", () => {
    const all = [mention(ID, null), mention(null, "b"), mention(null, "a"), mention(ID, "a")];
    expect(mergeMentions(all)).toEqual([mention(ID, "a"), mention(null, "b")]);
  });

  it("keeps two machines of one name apart by their ids", () => {
    const linux = { ...mention(null, "a"), platform: "linux" } as const;
    const all = [mention(ID, "a"), mention(OTHER, "a"), linux];
    expect(mergeMentions(all)).toEqual([{ ...linux, machineId: ID }, mention(OTHER, "a")]);
  });

  it("keeps one name of two Windows domains as two", () => {
    const a = { ...mention(null, "pc-1"), written: String.raw`A\PC-1` };
    const b = { ...mention(null, "pc-1"), written: String.raw`B\PC-1` };
    expect(mergeMentions([a, b, a])).toEqual([a, b]);
  });

  it("adds the platform a later mention knows", () => {
    const linux = { ...mention(null, "a"), platform: "linux" } as const;
    expect(mergeMentions([mention(ID, "a"), linux])).toEqual([{ ...linux, machineId: ID }]);
  });

  const anyMention = fc
    .record({
      machineId: fc.option(fc.constantFrom(ID, OTHER, "0c".repeat(20))),
      name: fc.option(fc.constantFrom("a", "b", "c")),
      platform: fc.option(fc.constantFrom("linux", "windows")),
    })
    .filter(({ machineId, name }) => machineId !== null || name !== null);

  it("keeps every id once, every name with its id or alone, and is done after one go", () => {
    fc.assert(
      fc.property(fc.array(anyMention), (all) => {
        const merged = mergeMentions(all);
        const ids = merged.flatMap(({ machineId }) => machineId ?? []);
        expect(new Set(ids)).toEqual(new Set(all.flatMap(({ machineId }) => machineId ?? [])));
        expect(ids).toHaveLength(new Set(ids).size);
        const alone = merged.filter(({ machineId }) => machineId === null);
        const names = alone.map(({ name }) => name);
        expect(names).toHaveLength(new Set(names).size);
        const withId = all.filter(({ machineId }) => machineId !== null);
        expect(withId.some(({ name }) => name !== null && names.includes(name))).toBe(false);
        const given = new Set(all.flatMap(({ name }) => name ?? []));
        for (const name of given) expect(wasNamed(all, merged, name)).toBe(true);
        expect(mergeMentions(merged)).toEqual(merged);
      }),
    );
  });
});

/** Whether a name is still there: on a machine of its own, or on one whose id came with it. */
function wasNamed(
  all: readonly MachineMention[],
  merged: readonly MachineMention[],
  name: string,
): boolean {
  const ids = new Set(all.flatMap((of) => (of.name === name ? (of.machineId ?? []) : [])));
  return merged.some((of) => of.name === name || ids.has(of.machineId ?? ""));
}
