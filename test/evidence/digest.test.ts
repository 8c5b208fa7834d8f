import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Digest, DigestOptions } from "../../shared/evidence/digest.ts";
import { digesting } from "../../shared/evidence/digest.ts";

const TEXT = Buffer.from("evidence ".repeat(20_000));
const NONE = { inner: null, note: null };

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function inner(bytes: Uint8Array) {
  return { encoding: "gzip", size: bytes.byteLength, sha256: sha256(bytes) };
}

async function* pieces(bytes: Uint8Array, sizes: readonly number[] = [16_384]) {
  let at = 0;
  for (let n = 0; at < bytes.byteLength; n += 1) {
    const end = at + (sizes[n % sizes.length] ?? 1);
    yield bytes.subarray(at, end);
    at = end;
  }
}

async function digested(
  content: AsyncIterable<Uint8Array>,
  options: DigestOptions,
): Promise<{ passed: Buffer; digest: Digest }> {
  const flow = digesting(content, options);
  const passed: Uint8Array[] = [];
  for await (const chunk of flow.content) passed.push(chunk);
  return { passed: Buffer.concat(passed), digest: flow.result() };
}

describe("what flows by", () => {
  it("passes unchanged, is hashed as served, and within one gzip layer", async () => {
    const served = gzipSync(TEXT);
    const { passed, digest } = await digested(pieces(served), { servedName: "out.txt.GZ" });
    expect(passed.equals(served)).toBe(true);
    expect(digest).toEqual({
      size: served.byteLength,
      sha256: sha256(served),
      inner: inner(TEXT),
      note: null,
      start: Buffer.alloc(0),
    });
  });

  it("is hashed the same however it is cut into pieces", async () => {
    const served = gzipSync(TEXT);
    const cuts = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(cuts, async (sizes) => {
        const content = pieces(served, [...sizes, 1]);
        const { passed, digest } = await digested(content, { servedName: "a.gz" });
        expect(passed.equals(served)).toBe(true);
        expect(digest).toMatchObject({ sha256: sha256(served), inner: inner(TEXT) });
      }),
      { numRuns: 30 },
    );
  });

  it("loses one layer only when a collected file was itself gzip", async () => {
    const file = gzipSync(TEXT);
    const { digest } = await digested(pieces(gzipSync(file)), { servedName: "logs.gz.gz" });
    expect(digest.inner).toEqual(inner(file));
  });

  it("is whole when the layer has several members, wherever they are cut", async () => {
    const member = gzipSync(TEXT);
    const served = Buffer.concat([member, member]);
    for (const sizes of [[served.byteLength], [member.byteLength], [member.byteLength + 1], [7]]) {
      const { digest } = await digested(pieces(served, sizes), { servedName: "a.gz" });
      expect(digest.inner).toEqual(inner(Buffer.concat([TEXT, TEXT])));
    }
  });

  it.each([
    ["is called otherwise", gzipSync(TEXT), "out.zip"],
    ["has no name", gzipSync(TEXT), null],
    ["is called .gz but is none", TEXT, "out.gz"],
    ["is a single byte", Buffer.from([0x1f]), "out.gz"],
    ["is empty", Buffer.alloc(0), "out.gz"],
  ])("is not looked into if it %s", async (_, served, servedName) => {
    const { digest } = await digested(pieces(served), { servedName });
    expect(digest).toMatchObject({ size: served.byteLength, sha256: sha256(served), ...NONE });
  });

  it.each([
    ["is cut off", gzipSync(TEXT).subarray(0, -9)],
    ["is only a magic number", Buffer.from([0x1f, 0x8b])],
    ["has a flipped byte", flipped(gzipSync(TEXT), 100)],
    ["has a wrong checksum", flipped(gzipSync(TEXT), -5)],
    ["is followed by something else", Buffer.concat([gzipSync(TEXT), Buffer.alloc(5_000, 7)])],
  ])("passes unharmed, with a note, if its gzip layer %s", async (_, served) => {
    const { passed, digest } = await digested(pieces(served, [50]), { servedName: "a.gz" });
    expect(passed.equals(served)).toBe(true);
    expect(digest).toMatchObject({
      sha256: sha256(served),
      inner: null,
      note: expect.stringContaining("broken gzip layer"),
    });
  });

  it.each([1, 10, 394, 395, 396, 1_000, 100_000])(
    "may be padded with zeros after its gzip layer (pieces of %i bytes)",
    async (pieceBytes) => {
      const served = Buffer.concat([gzipSync(TEXT), Buffer.alloc(5_000)]);
      const content = pieces(served, [pieceBytes]);
      const { passed, digest } = await digested(content, { servedName: "a.gz" });
      expect(passed.equals(served)).toBe(true);
      expect(digest).toMatchObject({ sha256: sha256(served), inner: inner(TEXT), note: null });
    },
  );

  it("is not unwrapped beyond the bound", async () => {
    const bomb = gzipSync(Buffer.alloc(2 ** 25));
    const options = { servedName: "a.gz", maxInnerBytes: 2 ** 20 };
    const { passed, digest } = await digested(pieces(bomb, [512]), options);
    expect(passed.equals(bomb)).toBe(true);
    expect(digest).toMatchObject({ inner: null, note: expect.stringContaining("more than") });
  });

  it("is unwrapped up to the bound exactly", async () => {
    const options = { servedName: "a.gz", maxInnerBytes: TEXT.byteLength };
    const { digest } = await digested(pieces(gzipSync(TEXT)), options);
    expect(digest.inner).toEqual(inner(TEXT));
  });

  it.each([0, 1, 10, 1_000_000])("leaves its first %i bytes behind if asked", async (keepBytes) => {
    const options = { servedName: null, keepBytes };
    const { digest } = await digested(pieces(TEXT, [7]), options);
    expect(TEXT.subarray(0, keepBytes).equals(digest.start)).toBe(true);
  });

  it("has no result before its end, nor when it breaks or is left", async () => {
    const left = digesting(pieces(gzipSync(TEXT), [10]), { servedName: "a.gz" });
    for await (const chunk of left.content) {
      expect(chunk.byteLength).toBe(10);
      break;
    }
    expect(() => left.result()).toThrow(/not all/);

    const broken = digesting(breaking(), { servedName: "a.gz" });
    await expect(drained(broken.content)).rejects.toThrow("the line dropped");
    expect(() => broken.result()).toThrow(/not all/);
  });

  it("is asked for no faster than it is taken", async () => {
    let given = 0;
    async function* counted() {
      for await (const piece of pieces(gzipSync(TEXT), [10])) {
        given += 1;
        yield piece;
      }
    }
    let taken = 0;
    for await (const chunk of digesting(counted(), { servedName: "a.gz" }).content) {
      taken += 1;
      expect(chunk.byteLength).toBeLessThanOrEqual(10);
      expect(given).toBe(taken);
    }
    expect(taken).toBeGreaterThan(10);
  });
});

async function drained(content: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const chunk of content) size += chunk.byteLength;
  return size;
}

async function* breaking() {
  yield gzipSync(TEXT).subarray(0, 100);
  throw new Error("the line dropped");
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const position = at < 0 ? copy.byteLength + at : at;
  copy[position] = (copy[position] ?? 0) ^ 0xff;
  return copy;
}
