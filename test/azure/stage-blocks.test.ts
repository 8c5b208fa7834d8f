import { randomUUID } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stageBlocks } from "../../shared/azure/stage-blocks.ts";

const KIB = 1024;
const BLOCK_BYTES = 4 * KIB * KIB;

describe("staged blocks", () => {
  it.each([
    1,
    256 * KIB - 1,
    256 * KIB,
    256 * KIB + 1,
    BLOCK_BYTES - 1,
    BLOCK_BYTES,
    BLOCK_BYTES + 1,
    3 * BLOCK_BYTES,
    3 * BLOCK_BYTES + 7,
  ])("are %i bytes again in the order of their ids, all of 4 MiB but the last", async (size) => {
    const all = bytes(size);
    for (const pieceSize of [65_536, BLOCK_BYTES - 1, 2 * BLOCK_BYTES + 1]) {
      const store = aStore();
      const blockIds = await stageBlocks(cut(all, [pieceSize]), randomUUID(), store.stage);
      expect(store.committed(blockIds).equals(all)).toBe(true);
      const sizes = blockIds.map((blockId) => store.staged.get(blockId)?.byteLength);
      const full = Math.floor((size - 1) / BLOCK_BYTES);
      expect(sizes).toEqual([...Array(full).fill(BLOCK_BYTES), size - full * BLOCK_BYTES]);
    }
  });

  it("are the same bytes however those come in pieces, and in whatever order blocks arrive", async () => {
    const all = bytes(2 * BLOCK_BYTES + 12_345);
    const sizes = fc.array(fc.integer({ min: 0, max: 3 * BLOCK_BYTES }), { maxLength: 6 });
    const ticks = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 3, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(sizes, ticks, async (pieceSizes, ticksOfBlocks) => {
        const store = aStore(ticksOfBlocks);
        const blockIds = await stageBlocks(
          cut(all, [...pieceSizes, 100_000]),
          randomUUID(),
          store.stage,
        );
        expect(store.committed(blockIds).equals(all)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it("are none of nothing, nor of empty pieces", async () => {
    const store = aStore();
    expect(await stageBlocks(pieces([]), randomUUID(), store.stage)).toEqual([]);
    expect(
      await stageBlocks(pieces([new Uint8Array(), new Uint8Array()]), randomUUID(), store.stage),
    ).toEqual([]);
    expect(store.staged.size).toBe(0);
  });

  it("have ids of one length that no other try uses", async () => {
    const store = aStore();
    const tries = [1, 2, 3].map(() => stageBlocks(cut(bytes(10), [10]), randomUUID(), store.stage));
    const [one = [], two = [], three = []] = await Promise.all(tries);
    const all = [...one, ...two, ...three];
    expect(new Set(all).size).toBe(3);
    // At most 64 bytes before base64, and all of a blob of one length (Put Block).
    expect(all.map((blockId) => Buffer.from(blockId, "base64").byteLength)).toEqual([48, 48, 48]);
  });

  it("keep the bytes of a piece that its source overwrites afterwards", async () => {
    const store = aStore();
    const stored = store.committed(await stageBlocks(reusing(), randomUUID(), store.stage));
    expect([stored[0], stored[1_000], stored[2_000]]).toEqual([1, 2, 3]);
  });
});

describe("staging", () => {
  it("reads one block ahead of two under way, and no further until one of them is stored", async () => {
    const store = aSlowStore();
    let pulled = 0;
    async function* endless() {
      for (; pulled < 20 * BLOCK_BYTES; pulled += 65_536) yield new Uint8Array(65_536);
    }
    const staging = stageBlocks(endless(), randomUUID(), store.stage);
    for (let stored = 0; stored < 6; stored += 1) {
      await settled();
      expect(store.waiting).toHaveLength(2);
      // The piece that fills the third block has been taken, and is still in hand.
      expect(pulled).toBe((stored + 3) * BLOCK_BYTES - 65_536);
      store.waiting.shift()?.resolve();
    }
    store.open();
    expect(await staging).toHaveLength(20);
  });

  it("throws what a block failed with, reads no further and lets go of the source", async () => {
    const store = aSlowStore();
    let left = false;
    async function* endless() {
      try {
        for (;;) yield new Uint8Array(BLOCK_BYTES / 4);
      } finally {
        left = true;
      }
    }
    const staging = stageBlocks(endless(), randomUUID(), store.stage);
    await settled();
    const [first, second] = store.waiting;
    first?.reject(new Error("the store refused"));
    await settled();
    expect(left).toBe(true);
    const outcome = outcomeOf(staging);
    await settled();
    expect(outcome.now).toBe("open");
    second?.resolve();
    await expect(staging).rejects.toThrow("the store refused");
    expect(store.waiting).toHaveLength(2);
  });

  it("stops at the next piece, however small, once a block has failed", async () => {
    const store = aSlowStore();
    let more = 0;
    async function* dripping() {
      yield new Uint8Array(BLOCK_BYTES);
      store.waiting[0]?.reject(new Error("the store refused"));
      await settled();
      for (; more < 1_000; more += 1) yield new Uint8Array(10);
    }
    await expect(stageBlocks(dripping(), randomUUID(), store.stage)).rejects.toThrow(
      "the store refused",
    );
    expect(more).toBe(0);
  });

  it("throws what the last block failed with", async () => {
    const store = aSlowStore();
    const staging = stageBlocks(cut(bytes(10), [10]), randomUUID(), store.stage);
    await settled();
    store.waiting[0]?.reject(new Error("the store refused"));
    await expect(staging).rejects.toThrow("the store refused");
  });

  it("throws what the source broke with, once no block is under way", async () => {
    const store = aSlowStore();
    const staging = stageBlocks(breaking(), randomUUID(), store.stage);
    const outcome = outcomeOf(staging);
    await settled();
    expect(store.waiting).toHaveLength(1);
    expect(outcome.now).toBe("open");
    store.waiting[0]?.resolve();
    await expect(staging).rejects.toThrow("the download broke");
    expect(store.waiting).toHaveLength(1);
  });
});

/** Blocks by id, as a service keeps them; the n-th waits so many turns of the loop, if told. */
function aStore(ticks: readonly number[] = []) {
  const staged = new Map<string, Uint8Array>();
  let count = 0;
  return {
    staged,
    stage: async (blockId: string, block: Uint8Array): Promise<void> => {
      const wait = ticks[count % ticks.length] ?? 0;
      count += 1;
      for (let tick = 0; tick < wait; tick += 1) await settled();
      staged.set(blockId, Uint8Array.from(block));
    },
    committed(blockIds: readonly string[]): Buffer {
      return Buffer.concat(blockIds.map((blockId) => staged.get(blockId) ?? new Uint8Array()));
    },
  };
}

interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

/** A store in which a block takes until somebody says so. */
function aSlowStore() {
  const waiting: Waiting[] = [];
  let isOpen = false;
  return {
    waiting,
    stage: (): Promise<void> =>
      new Promise((resolve, reject) => {
        if (isOpen) resolve();
        else waiting.push({ resolve, reject });
      }),
    /** From now on nothing waits. */
    open(): void {
      isOpen = true;
      for (const each of waiting) each.resolve();
    },
  };
}

function outcomeOf(promise: Promise<unknown>): { now: "open" | "settled" } {
  const outcome: { now: "open" | "settled" } = { now: "open" };
  const settle = () => {
    outcome.now = "settled";
  };
  promise.then(settle, settle);
  return outcome;
}

/** Once everything that can go on without the store has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

async function* pieces(parts: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* parts;
}

/** The same memory each time, as a source may do that thinks its pieces were taken. */
async function* reusing() {
  const piece = new Uint8Array(1_000);
  for (const value of [1, 2, 3]) yield piece.fill(value);
}

async function* breaking() {
  yield new Uint8Array(BLOCK_BYTES + 5);
  throw new Error("the download broke");
}

async function* cut(all: Uint8Array, sizes: readonly number[]): AsyncIterable<Uint8Array> {
  let from = 0;
  for (let n = 0; from < all.byteLength; n += 1) {
    const size = sizes[n % sizes.length] ?? 1;
    yield all.subarray(from, from + size);
    from += size;
  }
}

/** Bytes that differ from place to place, so that nothing can be swapped unnoticed. */
function bytes(size: number): Uint8Array {
  const all = new Uint8Array(size);
  for (let at = 0; at < size; at += 1) all[at] = (at * 31 + (at >> 8)) % 251;
  return all;
}
