import type { LibraryFile } from "../plan/library/library-file.ts";
import type { Reply } from "../ports.ts";
import type { Ask } from "./ask.ts";
import { readLibraryFile, readPage } from "./schema.ts";

/**
 * All files of the library (List library files page). No page says that the list has pages; if it
 * ever has a next one, it is `unavailable`, because what is missing would seem not to be there.
 */
export async function listLibrary(ask: Ask, root: string): Promise<Reply<readonly LibraryFile[]>> {
  const reply = await ask({ url: `${root}/api/libraryfiles`, json: null, size: "page" }, readPage);
  if (reply.kind !== "answered") return reply;
  const { members, nextLink } = reply.value;
  if (nextLink !== null) {
    return { kind: "unavailable", detail: "Defender showed a part of its library." };
  }
  const files = members.map(readLibraryFile).filter((file) => file !== null);
  return { kind: "answered", value: files };
}
