import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scanJson } from "../../shared/incident/json-scan.ts";
import { MAX_BODY_BYTES, readBody } from "../../shared/incident/read-body.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("reading a body", () => {
  it("gives back any JSON value of ordinary size as JSON.parse does", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        fc.pre(!text.includes("__proto__"));
        expect(readBody(bytes(text))).toEqual({ kind: "read", json: JSON.parse(text) });
      }),
    );
  });

  it("never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (body) => {
        expect(["read", "notJson", "tooDeep"]).toContain(readBody(body).kind);
      }),
    );
  });

  it("takes text as well as bytes, and a byte order mark", () => {
    expect(readBody('{"a":1}')).toEqual({ kind: "read", json: { a: 1 } });
    expect(readBody(bytes('\uFEFF{"a":1}'))).toEqual({ kind: "read", json: { a: 1 } });
  });

  it.each([
    ["one byte too many", `"${"a".repeat(MAX_BODY_BYTES - 1)}"`, "tooLarge"],
    ["too many bytes in few characters", `"${"ä".repeat(MAX_BODY_BYTES / 2)}"`, "tooLarge"],
    ["10,000 arrays deep", "[".repeat(10_000) + "]".repeat(10_000), "tooDeep"],
    ["10,000 objects deep", '{"a":'.repeat(10_000) + "1" + "}".repeat(10_000), "tooDeep"],
    ["33 deep", "[".repeat(33) + "]".repeat(33), "tooDeep"],
    ["60,001 elements", `[${Array.from({ length: 60_001 }, () => "0").join(",")}]`, "tooMany"],
    ["one comma too many", `[${",".repeat(60_001)}]`, "tooMany"],
    ["nothing", "", "notJson"],
    ["a form", "a=1&b=2", "notJson"],
    ["an open string", '{"a":"', "notJson"],
    ["a backslash at the end", '"\\', "notJson"],
    ["two values", "{}{}", "notJson"],
    ["a comment", "{} // yes", "notJson"],
  ] as const)("refuses %s", (_name, text, kind) => {
    const read = readBody(bytes(text));
    expect(read.kind).toBe(kind);
    expect(JSON.stringify(read).length).toBeLessThan(300);
  });

  it("refuses 200,000 keys with a short message", () => {
    const keys = Array.from({ length: 200_000 }, (_, at) => `"k${at}":0`);
    const small = `{${keys.slice(0, 61_000).join(",")}}`;
    expect(readBody(`{${keys.join(",")}}`).kind).toBe("tooLarge");
    expect(readBody(small)).toEqual({
      kind: "tooMany",
      problem: { path: "", message: "Send at most 60000 keys and array elements in a body." },
    });
  });

  it("takes exactly the bounds", () => {
    expect(readBody("[".repeat(32) + "]".repeat(32)).kind).toBe("read");
    const elements = Array.from({ length: 60_000 }, () => "0").join(",");
    expect(readBody(`[${elements}]`).kind).toBe("read");
    expect(readBody(`"${"a".repeat(MAX_BODY_BYTES - 2)}"`).kind).toBe("read");
  });

  it.each([
    ["bytes that are no UTF-8", [0x22, 0xff, 0x22]],
    ["an overlong slash", [0x22, 0xc0, 0xaf, 0x22]],
    ["half of a surrogate pair", [0x22, 0xed, 0xa0, 0x80, 0x22]],
  ])("refuses %s", (_name, body) => {
    expect(readBody(Uint8Array.from(body)).kind).toBe("notJson");
  });

  it.each(['{"a":1,"a":2}', String.raw`{"a":1,"\u0061":2}`, '{"x":[{"b":1},{"c":{"d":1,"d":1}}]}'])(
    "refuses a key written twice in one object: %s",
    (text) => {
      expect(readBody(text).kind).toBe("notJson");
    },
  );

  it("takes the same key in different objects, and braces and colons inside strings", () => {
    expect(readBody('[{"a":1},{"a":2}]').kind).toBe("read");
    expect(readBody(String.raw`{"a":"\",:{[\\","b":"}]:,"}`).kind).toBe("read");
  });

  it("refuses the key __proto__ however it is written, and pollutes nothing", () => {
    expect(readBody('{"__proto__":{"polluted":true}}').kind).toBe("notJson");
    expect(readBody(String.raw`{"a":[{"__proto\u005f_":{"polluted":true}}]}`).kind).toBe("notJson");
    expect("polluted" in {}).toBe(false);
  });
});

describe("scanning JSON", () => {
  it("counts the keys of any JSON text exactly, spaces or none", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 2), (value, spaces) => {
        const scan = scanJson(JSON.stringify(value, null, spaces), { depth: 99, members: 9_999 });
        expect(scan).toEqual({ kind: "within", keys: count(value).keys });
      }),
    );
  });

  it("crosses the bounds exactly where the value does", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const { depth, members } = count(value);
        const text = JSON.stringify(value);
        expect(scanJson(text, { depth, members }).kind).toBe("within");
        expect(scanJson(text, { depth: depth - 1, members }).kind).toBe("tooDeep");
        expect(scanJson(text, { depth, members: members - 1 }).kind).toBe("tooMany");
      }),
    );
  });
});

/** The plain recursive count that the scan must agree with. */
function count(value: unknown): { depth: number; members: number; keys: number } {
  if (typeof value !== "object" || value === null) return { depth: 0, members: 0, keys: 0 };
  const inner = Object.values(value).map(count);
  const sum = (pick: (of: { members: number; keys: number }) => number): number =>
    inner.reduce((total, of) => total + pick(of), 0);
  return {
    depth: 1 + Math.max(0, ...inner.map((of) => of.depth)),
    members: inner.length + sum((of) => of.members),
    keys: (Array.isArray(value) ? 0 : inner.length) + sum((of) => of.keys),
  };
}
