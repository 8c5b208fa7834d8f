import { Readable } from "node:stream";
import { type BlobClient, ContainerClient } from "@azure/storage-blob";
import { codeOf, type StorageAccess } from "./access.ts";

/** A container of the account; it may not exist yet. */
export function openContainer(access: StorageAccess, name: string): ContainerClient {
  return access.kind === "identity"
    ? new ContainerClient(`${access.blobUrl}/${name}`, access.credential)
    : new ContainerClient(access.connectionString, name);
}

/**
 * Makes sure that the container exists before it begins a stream that can be read only once. It
 * asks the service once a process.
 */
export function onceReady(container: ContainerClient): () => Promise<void> {
  let asked: Promise<void> | null = null;
  const ask = async () => {
    if (!(await container.exists())) await container.createIfNotExists();
  };
  return async () => {
    asked ??= ask().catch((error: unknown) => {
      asked = null;
      throw error;
    });
    await asked;
  };
}

/** The bytes of a blob and their number, or null if it is not there. */
export async function downloaded(
  blob: BlobClient,
  { offset = 0, bytes }: { readonly offset?: number; readonly bytes?: number } = {},
): Promise<{ content: AsyncIterable<Uint8Array>; size: number } | null> {
  try {
    const answer = await blob.download(offset, bytes);
    const content = answer.readableStreamBody;
    if (content === undefined) throw new Error(`no body for ${blob.name}`);
    return { content: bytesOf(Readable.from(content)), size: answer.contentLength ?? 0 };
  } catch (error) {
    if (["BlobNotFound", "ContainerNotFound"].includes(codeOf(error))) return null;
    throw error;
  }
}

async function* bytesOf(stream: Readable): AsyncIterable<Uint8Array> {
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) throw new Error("a blob's stream gave something but bytes");
    yield chunk;
  }
}
