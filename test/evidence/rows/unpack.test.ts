import { deflateRawSync, gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unpack } from "../../../shared/evidence/rows/unpack.ts";
import { bytesOf, inPieces } from "./a-form.ts";
import { zipped } from "./zipped.ts";

const MAX = 1_000;

async function contentOf(bytes: Uint8Array, max = MAX, size = 7_000) {
  const unpacked = await unpack(inPieces(bytes, size), max);
  return unpacked.kind === "content"
    ? { text: Buffer.from(unpacked.bytes).toString(), isCut: unpacked.isCut }
    : unpacked.why;
}

const WAYS: readonly [string, (bytes: Uint8Array) => Uint8Array][] = [
  ["as it is", (bytes) => bytes],
  ["in gzip", (bytes) => gzipSync(bytes)],
  ["in gzip that Defender put in gzip", (bytes) => gzipSync(gzipSync(bytes))],
  ["in a zip", (bytes) => zipped([["a.csv", bytes]])],
  ["in a zip that does not compress", (bytes) => zipped([["a.csv", bytes]], { method: 0 })],
  [
    "in a zip with its folder",
    (bytes) =>
      zipped([
        ["out/", new Uint8Array()],
        ["out/a.csv", bytes],
      ]),
  ],
  ["in a zip with a comment", (bytes) => zipped([["a.csv", bytes]], { comment: "PK" })],
  ["in a zip that Defender put in gzip", (bytes) => gzipSync(zipped([["a.csv", bytes]]))],
];

describe("a fetched file", () => {
  it.each(WAYS)("is read %s", async (_name, pack) => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ maxLength: MAX }),
        fc.integer({ min: 1 }),
        async (text, size) => {
          const packed = pack(bytesOf(`.${text}`));
          const bytes = bytesOf(`.${text}`).byteLength;
          expect(await contentOf(packed, bytes, size)).toEqual({ text: `.${text}`, isCut: false });
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each(WAYS)("is cut at the bound %s, however much is in it", async (_name, pack) => {
    const bomb = pack(Buffer.alloc(8 * 2 ** 20, "x"));
    expect(await contentOf(bomb)).toEqual({ text: "x".repeat(MAX), isCut: true });
  });

  it("is not read any further than its bound", async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.alloc(2 ** 20, `${(given += 1)}`);
    }
    expect(await unpack(endless(), MAX)).toMatchObject({ isCut: true });
    expect(given).toBeLessThan(20);
  });

  it.each([
    [
      "two files",
      zipped([
        ["a", bytesOf("1")],
        ["b", bytesOf("2")],
      ]),
      "more than one file",
    ],
    ["no file", zipped([["out/", new Uint8Array()]]), "without a file"],
    ["nothing", zipped([]), "without a file"],
    ["a password", zipped([["a", bytesOf("1")]], { flags: 1 }), "a password"],
    ["another method", zipped([["a", bytesOf("1")]], { method: 12 }), "the method 12"],
    ["a broken file", zipped([["a", bytesOf("1")]], { packed: bytesOf("xyz") }), "broken zip"],
    ["half of its end", zipped([["a", bytesOf("1")]]).subarray(0, -10), "without its end"],
    ["a file that lies elsewhere", zipped([["a", bytesOf("1")]], { start: 5 }), "not where"],
    ["a file longer than itself", zipped([["a", bytesOf("1")]], { size: 999 }), "longer than"],
    ["a file of 4 GiB", zipped([["a", bytesOf("1")]], { size: 0xffffffff }), "zip64"],
    ["more than 16 MiB", zipped([["a", Buffer.alloc(2 ** 24)]], { method: 0 }), "a zip of more"],
  ] as const)("that is a zip with %s says so", async (_name, bytes, why) => {
    expect(await contentOf(bytes)).toContain(why);
  });

  it("is not unpacked any further than its bound: what comes behind it may be broken", async () => {
    const large = Buffer.alloc(20 * 2 ** 20, "x");
    const [gzip, deflated] = [gzipSync(large), deflateRawSync(large)];
    gzip.fill(0, gzip.length - 8);
    const halfZip = zipped([["a", large]], { packed: deflated.subarray(0, -9) });
    for (const packed of [gzip, halfZip]) {
      expect(await contentOf(packed)).toEqual({ text: "x".repeat(MAX), isCut: true });
    }
  });

  it("that is half a gzip says so", async () => {
    expect(await contentOf(gzipSync("abc".repeat(99)).subarray(0, 20))).toContain("broken gzip");
  });

  it("never throws, whatever is wrong with its bytes", async () => {
    const sound = [gzipSync("a,b\n1,2\n"), zipped([["a", bytesOf("a,b\n1,2\n")]])];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...sound),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        async (bytes, changes) => {
          const changed = Uint8Array.from(bytes);
          for (const [at, value] of changes) changed[at % changed.length] = value;
          expect((await unpack(inPieces(changed, 5), MAX)).kind).toMatch(/content|trouble/);
        },
      ),
    );
  });

  it("throws what its store throws", async () => {
    await expect(unpack(broken(), MAX)).rejects.toThrow("out of reach");
  });
});

async function* broken(): AsyncGenerator<Uint8Array> {
  yield gzipSync("a").subarray(0, 5);
  throw new Error("out of reach");
}
