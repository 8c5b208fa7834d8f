import type { BlockBlobClient, BlockBlobUploadOptions } from "@azure/storage-blob";
import type { EvidenceStore } from "../ports.ts";
import { codeOf, type StorageAccess } from "./access.ts";
import { downloaded, onceReady, openContainer } from "./blob-container.ts";
import { stageBlocks } from "./stage-blocks.ts";

/**
 * Up to this size the content goes in one request, and needs no memory for blocks. Most results are
 * smaller.
 */
const AT_ONCE_BYTES = 256 * 1024;

/**
 * The service's answers if the blob exists already. A container that is being deleted is a
 * conflict, too, but another one.
 */
const TAKEN = new Set(["BlobAlreadyExists", "ConditionNotMet", "BlobImmutableDueToPolicy"]);

/**
 * Evidence as block blobs, each created once: blocks are staged, and only the commit makes them
 * visible. `newId` gives another UUID each time.
 */
export function createEvidenceBlobs(
  access: StorageAccess,
  containerName: string,
  newId: () => string,
): EvidenceStore {
  const container = openContainer(access, containerName);
  const ready = onceReady(container);
  return {
    put: async (path, content) => {
      const options = {
        conditions: { ifNoneMatch: "*" },
        // Never a type that a browser would show as a page: the bytes come from a machine that may
        // be hostile.
        blobHTTPHeaders: { blobContentType: "application/octet-stream" },
      };
      try {
        await ready();
        const blob = container.getBlockBlobClient(path);
        const { begun, rest } = await begin(content);
        if (rest !== null) await uploadBlocks(blob, joined(begun, rest), options, newId());
        else await uploadAtOnce(blob, begun, options, newId);
        return "written";
      } catch (error) {
        if (TAKEN.has(codeOf(error))) return "exists";
        throw error;
      }
    },
    open: async (path) => await downloaded(container.getBlockBlobClient(path)),
  };
}

/** The first bytes, and what comes after them; null if that was all. */
async function begin(
  content: AsyncIterable<Uint8Array>,
): Promise<{ begun: Buffer; rest: AsyncIterator<Uint8Array> | null }> {
  const rest = content[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  let size = 0;
  while (size <= AT_ONCE_BYTES) {
    const next = await rest.next();
    if (next.done === true) return { begun: Buffer.concat(pieces), rest: null };
    pieces.push(Uint8Array.from(next.value));
    size += next.value.byteLength;
  }
  return { begun: Buffer.concat(pieces), rest };
}

async function* joined(
  begun: Uint8Array,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield begun;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
      yield next.value;
    }
  } finally {
    await rest.return?.();
  }
}

async function uploadAtOnce(
  blob: BlockBlobClient,
  bytes: Buffer,
  options: BlockBlobUploadOptions,
  newId: () => string,
): Promise<void> {
  try {
    await blob.upload(bytes, bytes.byteLength, options);
  } catch (error) {
    // Blocks of an upload that broke off are no blob, but Azurite (3.35) takes them for one here.
    // Committing blocks tells the two apart.
    if (!TAKEN.has(codeOf(error))) throw error;
    await uploadBlocks(blob, only(bytes), options, newId());
  }
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function uploadBlocks(
  blob: BlockBlobClient,
  content: AsyncIterable<Uint8Array>,
  options: BlockBlobUploadOptions,
  tryId: string,
): Promise<void> {
  const blockIds = await stageBlocks(content, tryId, (blockId, block) =>
    blob.stageBlock(blockId, block, block.byteLength),
  );
  await blob.commitBlockList([...blockIds], options);
}
