/**
 * A block may have 4,000 MiB (Put Block). A blob may have 50,000 blocks, so far more than 4 GiB.
 */
export const BLOCK_BYTES = 4 * 1024 * 1024;
/** Two, so that the store has the next block as soon as it is done with one. */
export const BLOCKS_UNDER_WAY = 2;

/** Sends one block to the store. Its bytes may change as soon as this is done. */
export type StageBlock = (blockId: string, block: Uint8Array) => Promise<unknown>;

/**
 * Stages `content` in blocks of 4 MiB, the last one shorter, and returns their ids in order: none
 * if there was no content. At most two blocks are under way while a third is filled, and nothing
 * more is read. So the memory is three blocks. If the content or a block fails, it reads and stages
 * nothing more, waits until no block is under way, and throws. `tryId` is a UUID of this try only.
 */
export async function stageBlocks(
  content: AsyncIterable<Uint8Array>,
  tryId: string,
  stage: StageBlock,
): Promise<readonly string[]> {
  const underWay = blocksUnderWay(tryId, stage);
  const block = blockInHand(underWay);
  try {
    for await (const piece of content) {
      underWay.check();
      for (let from = 0; from < piece.byteLength;) from += await block.take(piece.subarray(from));
    }
    await block.send();
  } finally {
    await underWay.end();
  }
  underWay.check();
  return underWay.blockIds;
}

type BlocksUnderWay = ReturnType<typeof blocksUnderWay>;

/** The block that is being filled. Pieces are copied into it, because they are of any size. */
function blockInHand(underWay: BlocksUnderWay) {
  let memory: Buffer | null = null;
  let filled = 0;

  async function send(): Promise<void> {
    if (memory === null) return;
    await underWay.add(memory, filled);
    memory = null;
    filled = 0;
  }

  return {
    send,
    /** Returns how many bytes it took: no more than it has room for. */
    async take(bytes: Uint8Array): Promise<number> {
      memory ??= underWay.memory();
      const taken = bytes.subarray(0, BLOCK_BYTES - filled);
      memory.set(taken, filled);
      filled += taken.byteLength;
      if (filled === BLOCK_BYTES) await send();
      return taken.byteLength;
    },
  };
}

// Several tries may stage blocks of the same path, and none of them may replace another's blocks.
// So the ids contain the id of the try. All ids of a blob have the same length (Put Block), as long
// as the library's.
function blocksUnderWay(tryId: string, stage: StageBlock) {
  const blockIds: string[] = [];
  const staging = new Set<Promise<void>>();
  // The memory is used again. Memory that is dropped stays until the garbage collector runs.
  const spare: Buffer[] = [];
  let trouble: { readonly error: unknown } | null = null;

  async function bring(blockId: string, memory: Buffer, size: number): Promise<void> {
    try {
      await stage(blockId, memory.subarray(0, size));
      spare.push(memory);
    } catch (error) {
      trouble ??= { error };
    }
  }

  function check(): void {
    if (trouble !== null) throw trouble.error;
  }

  return {
    blockIds,
    memory: (): Buffer => spare.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES),
    /** Waits until there is room for one more. */
    async add(memory: Buffer, size: number): Promise<void> {
      while (staging.size >= BLOCKS_UNDER_WAY) await Promise.race(staging);
      check();
      const blockId = Buffer.from(tryId + `${blockIds.length}`.padStart(12, "0"));
      blockIds.push(blockId.toString("base64"));
      const one = bring(blockId.toString("base64"), memory, size);
      staging.add(one);
      void one.finally(() => staging.delete(one));
    },
    /** Throws the error of a block that failed. */
    check,
    async end(): Promise<void> {
      await Promise.all(staging);
    },
  };
}
