import type { RowStore } from "../ports.ts";
import { codeOf, creating, type StorageAccess } from "./access.ts";
import { downloaded, openContainer } from "./blob-container.ts";

/**
 * Rows as append blobs. The service appends a block whole or not at all, and in some order when
 * several are appended at once.
 */
export function createRowBlobs(access: StorageAccess, containerName: string): RowStore {
  const container = openContainer(access, containerName);
  return {
    append: async (path, bytes) => {
      const blob = container.getAppendBlobClient(path);
      const append = async () => await blob.appendBlock(bytes, bytes.byteLength);
      // Never a type that a browser would show as a page: the rows come from a machine that may be
      // hostile.
      const create = async () =>
        await blob.createIfNotExists({
          blobHTTPHeaders: { blobContentType: "application/octet-stream" },
        });
      const createBoth = async () =>
        await creating(
          "ContainerNotFound",
          async () => await container.createIfNotExists(),
          create,
        );
      await creating("ContainerNotFound", createBoth, async () => {
        await creating("BlobNotFound", create, append);
      });
    },
    open: async (path, range) => await downloaded(container.getAppendBlobClient(path), range),
    list: async (prefix) => {
      const paths: string[] = [];
      try {
        for await (const { name } of container.listBlobsFlat({ prefix })) paths.push(name);
      } catch (error) {
        if (codeOf(error) !== "ContainerNotFound") throw error;
      }
      return paths.toSorted();
    },
  };
}
