import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { sealed } from "../../shared/evidence/chain.ts";
import { canonicalJson } from "../../shared/plan/canonical-json.ts";
import type { CustodyEntry, CustodyFields } from "../../shared/evidence/custody.ts";
import { appendEntry, verifyChain } from "../../shared/evidence/custody.ts";
import { anEntry } from "./an-entry.ts";

const FIELDS = anEntry();

const SCRIPT: CustodyFields = {
  ...FIELDS,
  command: { type: "RunScript", scriptName: "a.ps1", args: "-x", scriptSha256: null },
  content: null,
};

function chainOf(count: number): CustodyEntry[] {
  const entries: CustodyEntry[] = [];
  for (let n = 0; n < count; n += 1) {
    const fields = { ...(n % 2 === 0 ? FIELDS : SCRIPT), commandIndex: n };
    entries.push(appendEntry(entries.at(-1) ?? null, fields));
  }
  return entries;
}

/** As it comes back from a file. */
function reread(entries: readonly CustodyEntry[]): unknown[] {
  return entries.map((entry): unknown => JSON.parse(JSON.stringify(entry)));
}

describe("the custody chain", () => {
  it("is whole after a way through JSON, whatever the order of the members", () => {
    const entries = chainOf(5);
    const reversed = entries.map((entry) => Object.fromEntries(Object.entries(entry).toReversed()));
    const head = { number: 5, hash: entries.at(-1)?.hash };
    expect(verifyChain(reread(entries))).toEqual({ kind: "ok", head });
    expect(verifyChain(reversed)).toEqual({ kind: "ok", head });
    expect(verifyChain([])).toEqual({ kind: "ok", head: null });
  });

  it("starts with a hash of zeros and counts from 1", () => {
    const [first, second] = chainOf(2);
    expect(first).toMatchObject({ v: 2, number: 1, previous: "0".repeat(64) });
    expect(second).toMatchObject({ number: 2, previous: first?.hash });
  });

  it("keeps its hashes from version to version", () => {
    expect(chainOf(2).map((entry) => entry.hash)).toMatchInlineSnapshot(`
      [
        "d8d60dbbe4aab61c01e6cb98316e10c0780297fcfaa767c2ce7e7f65ee81e022",
        "30e916d6c42d20684f333e1d6ec3ae00dc95d1d6566504e3da817b401fe0e3b4",
      ]
    `);
  });

  it("reads entries of version 1, which do not say what was in the library", () => {
    const { library: _, ...members } = FIELDS;
    const entry = sealed(null, { ...members, commandIndex: 0 });
    expect(entry.hash).toBe("772f4bd1eff4fefbed8346bf1b0b4a5ccd3431591bdb978d7b6b9f1717f2244f");
    expect(verifyChain([entry])).toMatchObject({ kind: "ok" });
    const forged = sealed(null, { ...members, v: 2 });
    expect(verifyChain([forged])).toMatchObject({ kind: "broken" });
  });

  it("shows any change of any value", () => {
    const places = placesIn(reread(chainOf(3)));
    for (const place of places) {
      const entries = reread(chainOf(3));
      change(entries, place, changed(valueAt(entries, place)));
      expect({ place, kind: verifyChain(entries).kind }).toEqual({ place, kind: "broken" });
    }
    expect(places.length).toBeGreaterThan(80);
  });

  it("shows a value changed to anything else", () => {
    const places = placesIn(reread(chainOf(2)));
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue(), (place, value) => {
        const entries = reread(chainOf(2));
        fc.pre(JSON.stringify(valueAt(entries, place)) !== JSON.stringify(value));
        change(entries, place, value);
        expect(verifyChain(entries).kind).toBe("broken");
      }),
    );
  });

  it("shows a member that is added or taken away", () => {
    fc.assert(
      fc.property(fc.nat(2), fc.string(), fc.jsonValue(), (at, name, value) => {
        const entries = reread(chainOf(3));
        const entry = new Map(Object.entries(Object(entries[at])));
        fc.pre(!entry.has(name));
        const added = JSON.parse(JSON.stringify(Object.fromEntries([...entry, [name, value]])));
        expect(verifyChain(entries.with(at, added)).kind).toBe("broken");
      }),
    );
    const [entry] = reread(chainOf(1));
    for (const name of Object.keys(Object(entry))) {
      const { [name]: _, ...rest }: Record<string, unknown> = Object(entry);
      expect({ name, ...verifyChain([rest]) }).toMatchObject({ name, kind: "broken", position: 1 });
    }
  });

  it("shows entries put in another order, repeated or left out", () => {
    const chain = reread(chainOf(6));
    const positions = fc.array(fc.nat(5), { minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(positions, (order) => {
        const isStart = order.every((position, at) => position === at);
        const verdict = verifyChain(order.map((position) => chain[position]));
        expect(verdict.kind).toBe(isStart ? "ok" : "broken");
      }),
    );
  });

  it("shows an end that was cut off, to whoever kept the head", () => {
    const entries = chainOf(3);
    const head = entries.at(-1) ?? null;
    expect(verifyChain(entries, head).kind).toBe("ok");
    expect(verifyChain(entries.slice(0, 2), head)).toMatchObject({ kind: "broken", position: 2 });
    expect(verifyChain([], head)).toMatchObject({ kind: "broken", position: 0 });
  });

  it("shows an entry sealed anew, by the one after it", () => {
    const [first, second] = chainOf(2);
    const forged = appendEntry(null, { ...FIELDS, requestedBy: "somebody else" });
    expect(first?.hash).not.toBe(forged.hash);
    expect(verifyChain([forged, second])).toMatchObject({
      position: 2,
      why: "entry 2 does not follow the one before it",
    });
  });

  it("shows an entry of another run", () => {
    const first = appendEntry(null, FIELDS);
    const second = appendEntry(first, { ...FIELDS, runId: "00000000000000000000" });
    expect(verifyChain([first, second])).toMatchObject({ why: "entry 2 belongs to another run" });
  });

  it.each([[null], [7], ["text"], [[]], [{}], [{ v: 2 }]])(
    "does not take %j for an entry",
    (entry) => {
      expect(verifyChain([entry])).toMatchObject({
        kind: "broken",
        position: 1,
        why: expect.stringContaining("not a custody entry"),
      });
    },
  );
});

describe("appendEntry", () => {
  it("cuts what a machine reported and makes it harmless", () => {
    const entry = appendEntry(null, {
      ...FIELDS,
      servedName: `\u001B[31m${"x".repeat(300)}`,
      machineName: "pc\u202E1\n",
    });
    expect(entry.servedName).toBe("x".repeat(255));
    expect(entry.machineName).toBe("pc\uFFFD1 ");
    expect(verifyChain([entry]).kind).toBe("ok");
  });

  it("seals nothing that is wrong", () => {
    expect(() => appendEntry(null, { ...FIELDS, sha256: "short" })).toThrow(/sha256/);
    expect(() => appendEntry(null, { ...FIELDS, collectedAt: "today" })).toThrow(/collectedAt/);
    expect(() => appendEntry(null, { ...FIELDS, size: -1 })).toThrow(/size/);
  });
});

describe("canonical JSON", () => {
  it("sorts members at every depth and leaves no white space", () => {
    const value = { b: [1, { z: null, a: "é\n" }], a: true, B: 1.5, "": "\uD800" };
    expect(canonicalJson(value)).toBe(
      '{"":"\\ud800","B":1.5,"a":true,"b":[1,{"a":"é\\n","z":null}]}',
    );
  });

  it("is the same text for the same value, and reads back as it", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it.each([[undefined], [Number.NaN], [Infinity], [1n], [() => 1], [{ a: undefined }]])(
    "refuses %s, which a hash would leave out",
    (value) => {
      expect(() => canonicalJson(value)).toThrow(/JSON cannot contain this/);
    },
  );
});

type Place = readonly (string | number)[];

/** Every place in a JSON value where something stands that is neither object nor array. */
function placesIn(value: unknown, at: Place = []): Place[] {
  if (typeof value !== "object" || value === null) return [at];
  return Object.entries(value).flatMap(([name, member]) => placesIn(member, [...at, name]));
}

function valueAt(value: unknown, place: Place): unknown {
  return place.reduce<unknown>((within, name) => Object(within)[name], value);
}

function change(value: unknown, place: Place, to: unknown): void {
  const name = place.at(-1) ?? "";
  Object(valueAt(value, place.slice(0, -1)))[name] = to;
}

/** Another value of the same kind, as near as can be. */
function changed(value: unknown): unknown {
  if (typeof value === "number") return value + 1;
  if (value === null) return "2026-11-20T10:00:00.000Z";
  const text = typeof value === "string" ? value : "";
  const last = text.endsWith("0") ? "1" : "0";
  return `${text.slice(0, -1)}${last}`;
}
