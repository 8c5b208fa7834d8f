import type { EvidenceStore } from "../../shared/ports.ts";

/** What `open` gives at a time. */
const CHUNK_BYTES = 64 * 1024;

/** An evidence store that can be looked at whole, at once. */
export interface MemoryEvidence extends EvidenceStore {
  /** What is stored, in the order it was written. */
  paths(): string[];
}

/**
 * A create-only store in memory. Whose stream ends first has written; the others find something
 * there.
 */
export function createMemoryEvidence(): MemoryEvidence {
  const stored = new Map<string, Uint8Array>();
  return {
    put: async (path, content) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) chunks.push(Uint8Array.from(chunk));
      if (stored.has(path)) return "exists";
      stored.set(path, Uint8Array.from(Buffer.concat(chunks)));
      return "written";
    },
    open: async (path) => {
      const bytes = stored.get(path);
      return bytes === undefined ? null : { content: chunksOf(bytes), size: bytes.length };
    },
    paths: () => [...stored.keys()],
  };
}

async function* chunksOf(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let from = 0; from < bytes.length; from += CHUNK_BYTES) {
    yield bytes.slice(from, from + CHUNK_BYTES);
  }
}
