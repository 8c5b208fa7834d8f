/** A block may have 4,000 MiB (Put Block); the 50,000 that a blob may have are far above 4 GiB. */
export const BLOCK_BYTES = 4 * 1024 * 1024;
/** So that the store has the next block at hand when it is done with one. */
export const BLOCKS_UNDER_WAY = 2;

/** Brings one block to the store; its bytes hold still only until this is done. */
export type StageBlock = (blockId: string, block: Uint8Array) => Promise<unknown>;

/**
 * Stages `content` in blocks of 4 MiB, the last as long as it comes to be, and tells their ids in
 * order: none if there was nothing. Two blocks are under way at most while a third is filled, and
 * nothing is read beyond it: that is all the memory it takes. When the content or a block fails,
 * nothing more is read or staged, and it throws that once no block is under way any more.
 * `tryId` is a UUID that no other try has.
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

/** The block that is being filled. What goes into it is copied: pieces are of any size. */
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
    /** Tells how many bytes it took: no more than there is room for. */
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

// Several tries may stage blocks of the same path, and none of them may replace another's: ids are
// of one try. All ids of a blob are of one length (Put Block); the library's are as long.
function blocksUnderWay(tryId: string, stage: StageBlock) {
  const blockIds: string[] = [];
  const staging = new Set<Promise<void>>();
  // Used again and again: memory that is let go of instead stays until somebody collects it.
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
    /** Throws what a block failed with. */
    check,
    async end(): Promise<void> {
      await Promise.all(staging);
    },
  };
}
