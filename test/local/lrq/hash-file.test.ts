import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { hashFile, type Hashed } from "../../../local/lrq/hash-file.ts";
import { temporaryFolder } from "./exporting.ts";

const MIB = 2 ** 20;

function noise(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0, state = seed; at < size; at += 1) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

function hashOf(bytes: Uint8Array): Hashed {
  return { size: bytes.byteLength, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** Files of these contents, one after the other, as `lrq verify` reads them. */
async function digests(contents: readonly Uint8Array[], inner: Hashed | null = null) {
  const path = join(temporaryFolder(), "file");
  const all = [];
  for (const content of contents) {
    writeFileSync(path, content);
    all.push(await hashFile(path, inner));
  }
  return all;
}

describe("the digest of a file", () => {
  it("is that of its bytes, of whatever size, and of none that were read before", async () => {
    const sizes = [3 * MIB, MIB, MIB - 1, 1, 0, MIB + 1, 65_536, 0];
    const contents = sizes.map((size, index) => noise(size, index));
    const expected = contents.map((content) => ({ ...hashOf(content), inner: null }));
    expect(await digests(contents)).toMatchObject(expected);
  });

  it.each([100, 3 * MIB])("tells what its gzip layer holds, with %i bytes in it", async (size) => {
    const within = noise(size, 7);
    const file = gzipSync(within);
    const [digest] = await digests([file], hashOf(within));
    expect(digest).toMatchObject({ ...hashOf(file), inner: hashOf(within) });
  });

  it("tells of another gzip layer than was promised what it is, and of none that there is none", async () => {
    const promised = hashOf(Buffer.from("promised"));
    const file = gzipSync("another");
    const [other, none] = await digests([file, Buffer.from("plain")], promised);
    expect(other).toMatchObject({ ...hashOf(file), inner: hashOf(Buffer.from("another")) });
    expect(none).toMatchObject({ ...hashOf(Buffer.from("plain")), inner: null });
  });
});
