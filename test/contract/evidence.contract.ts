import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { EvidenceStore } from "../../shared/ports.ts";

const PATH = "run/sequence/0-1.bin";
const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * What every evidence store promises. `open` gives a new empty one for each test, and nothing is
 * created yet.
 */
export function evidenceContract(name: string, open: () => EvidenceStore): void {
  describe(`the evidence in ${name}`, () => {
    storedTests(open);
    createOnlyTests(open);
    brokenTests(open);
  });
}

function storedTests(open: () => EvidenceStore): void {
  it("is null where nothing is, before and after something is elsewhere", async () => {
    const store = open();
    expect(await store.open(PATH)).toBe(null);
    await store.put("run/other", chunks([bytes(10)]));
    expect(await store.open(PATH)).toBe(null);
    expect(await store.open("run")).toBe(null);
  });

  it("can be empty", async () => {
    const store = open();
    expect(await store.put(PATH, chunks([]))).toBe("written");
    expect(await contentOf(store, PATH)).toEqual({ size: 0, bytes: Buffer.alloc(0) });
    expect(await store.put(PATH, chunks([bytes(1)]))).toBe("exists");
  });

  it("is what was written, though an empty chunk came between", async () => {
    const store = open();
    const parts = [bytes(3), new Uint8Array(0), bytes(5), new Uint8Array(0)];
    expect(await store.put(PATH, chunks(parts))).toBe("written");
    expect(await contentOf(store, PATH)).toEqual({ size: 8, bytes: Buffer.concat(parts) });
  });

  it("is what was written, 9 MiB in odd chunks", async () => {
    const store = open();
    const all = bytes(9 * 1024 * 1024 + 7);
    expect(await store.put(PATH, oddChunks(all))).toBe("written");
    const stored = await contentOf(store, PATH);
    expect(stored?.size).toBe(all.length);
    expect(sha256(stored?.bytes)).toBe(sha256(all));
  });

  it.each([256 * KIB - 1, 256 * KIB, 256 * KIB + 1, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 8 * MIB])(
    "is what was written, %i bytes",
    async (size) => {
      const store = open();
      const all = bytes(size);
      expect(await store.put(PATH, oddChunks(all))).toBe("written");
      const stored = await contentOf(store, PATH);
      expect(stored?.size).toBe(size);
      expect(sha256(stored?.bytes)).toBe(sha256(all));
    },
  );

  it.each(["a b/c%20d/é😀.txt", "run/.hidden", "run/a+b&c=d#e?f", "run/it's (1).zip"])(
    "keeps to the path %s",
    async (path) => {
      const store = open();
      expect(await store.put(path, chunks([bytes(4)]))).toBe("written");
      expect(await contentOf(store, path)).toEqual({ size: 4, bytes: Buffer.from(bytes(4)) });
      expect(await store.put(path, chunks([bytes(4)]))).toBe("exists");
    },
  );
}

function createOnlyTests(open: () => EvidenceStore): void {
  it.each([1, 5 * 1024 * 1024])(
    "stays as first written, when %i bytes come later",
    async (size) => {
      const store = open();
      const first = Buffer.from("the first bytes");
      expect(await store.put(PATH, chunks([first]))).toBe("written");
      expect(await store.put(PATH, chunks([bytes(size)]))).toBe("exists");
      expect(await contentOf(store, PATH)).toEqual({ size: first.length, bytes: first });
    },
  );

  it.each([100, 9 * 1024 * 1024])(
    "is written by exactly one of four with %i bytes",
    async (size) => {
      const store = open();
      const contents = [0, 1, 2, 3].map((value) => new Uint8Array(size).fill(value));
      const outcomes = await Promise.all(
        contents.map(async (content) => await store.put(PATH, oddChunks(content))),
      );
      expect(outcomes.toSorted((a, b) => a.localeCompare(b))).toEqual([
        "exists",
        "exists",
        "exists",
        "written",
      ]);
      const stored = await contentOf(store, PATH);
      const winner = contents[outcomes.indexOf("written")] ?? new Uint8Array(0);
      expect(sha256(stored?.bytes)).toBe(sha256(winner));
    },
  );
}

function brokenTests(open: () => EvidenceStore): void {
  it.each([0, 1, 1_000, 9 * 1024 * 1024])(
    "is not there when the stream broke after %i bytes, and can be put again",
    async (size) => {
      const store = open();
      const put = store.put(PATH, breaking(bytes(size)));
      await expect(put).rejects.toThrow("the download broke");
      expect(await store.open(PATH)).toBe(null);
      expect(await store.put(PATH, chunks([bytes(2)]))).toBe("written");
      expect((await contentOf(store, PATH))?.size).toBe(2);
    },
  );

  it("is not there while its stream has not ended", async () => {
    const store = open();
    const seen: unknown[] = [];
    const watched = async function* (): AsyncIterable<Uint8Array> {
      yield bytes(9 * 1024 * 1024);
      seen.push(await store.open(PATH));
      yield bytes(1);
    };
    expect(await store.put(PATH, watched())).toBe("written");
    expect(seen).toEqual([null]);
  });
}

async function contentOf(store: EvidenceStore, path: string) {
  const opened = await store.open(path);
  if (opened === null) return null;
  const parts: Uint8Array[] = [];
  for await (const part of opened.content) parts.push(part);
  return { size: opened.size, bytes: Buffer.concat(parts) };
}

/** Bytes that differ from place to place, so that nothing can be swapped unnoticed. */
function bytes(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8)) % 251);
}

async function* chunks(parts: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* parts;
}

/** Chunks of odd lengths, from one byte to 128 KiB. */
async function* oddChunks(all: Uint8Array): AsyncIterable<Uint8Array> {
  let from = 0;
  for (let length = 1; from < all.length; length = (length * 3 + 1) % 131_071) {
    yield Uint8Array.from(all.subarray(from, from + length));
    from += length;
  }
}

async function* breaking(before: Uint8Array): AsyncIterable<Uint8Array> {
  yield* oddChunks(before);
  throw new Error("the download broke");
}

function sha256(content: Uint8Array | undefined): string {
  return createHash("sha256")
    .update(content ?? "")
    .digest("hex");
}
