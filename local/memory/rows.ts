import type { RowStore } from "../../shared/ports.ts";

/** What `open` gives at a time. */
const CHUNK_BYTES = 64 * 1024;

/** A row store in memory. */
export function createMemoryRows(): RowStore {
  const files = new Map<string, Buffer[]>();
  return {
    append: async (path, bytes) => {
      const blocks = files.get(path) ?? [];
      blocks.push(Buffer.from(bytes));
      files.set(path, blocks);
    },
    open: async (path, range) => {
      const blocks = files.get(path);
      if (blocks === undefined) return null;
      const { offset = 0, bytes = Number.MAX_SAFE_INTEGER } = range ?? {};
      const wanted = Buffer.concat(blocks).subarray(offset, offset + bytes);
      return { content: chunksOf(wanted), size: wanted.byteLength };
    },
    list: async (prefix) => [...files.keys()].filter((path) => path.startsWith(prefix)).toSorted(),
  };
}

async function* chunksOf(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let from = 0; from < bytes.length; from += CHUNK_BYTES) {
    yield bytes.slice(from, from + CHUNK_BYTES);
  }
}
