import { createReadStream, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { digesting } from "../../shared/evidence/digest.ts";
import { plainFilesIn } from "../lrq/plain-files.ts";
import { manifestIn, MANIFEST_BYTES_MAX, type PartManifest } from "./part-manifest.ts";

/** A file that has the bytes of a part: its own bytes, or those of its gzip layer. */
export interface PartFile {
  readonly path: string;
  readonly isPacked: boolean;
}

/** What a folder has: manifests by the file they are in, and its other files by their SHA-256. */
export interface FoundParts {
  readonly manifests: ReadonlyMap<string, PartManifest>;
  readonly files: ReadonlyMap<string, PartFile>;
}

/**
 * Looks at all files of a folder and below it. Names say nothing: evidence may be under the name in
 * the archive, or under the one that was served, and live response puts a gzip layer around it.
 */
export async function findParts(folder: string): Promise<FoundParts> {
  const names = plainFilesIn(folder, () => undefined).toSorted();
  const manifests = new Map<string, PartManifest>();
  for (const name of names) {
    const path = join(folder, name);
    if (statSync(path).size > MANIFEST_BYTES_MAX) continue;
    const manifest = manifestIn(readFileSync(path));
    if (manifest !== null) manifests.set(name, manifest);
  }
  const sizes = [...manifests.values()].flatMap(({ parts }) => parts.map(({ size }) => size));
  const files = new Map<string, PartFile>();
  for (const name of sizes.length === 0 ? [] : names) {
    if (manifests.has(name)) continue;
    await lookAt(join(folder, name), sizes, files);
  }
  return { manifests, files };
}

/** Reads the file once, if it can be a part by its size. */
async function lookAt(
  path: string,
  sizes: readonly number[],
  files: Map<string, PartFile>,
): Promise<void> {
  // A file that is named so may have a gzip layer, which is unpacked only if it begins like one.
  const maxInnerBytes = sizes.reduce((most, size) => Math.max(most, size), 0);
  const passing = digesting(createReadStream(path), { servedName: "part.gz", maxInnerBytes });
  for await (const _ of passing.content);
  const { sha256, inner } = passing.result();
  if (!files.has(sha256)) files.set(sha256, { path, isPacked: false });
  if (inner !== null && !files.has(inner.sha256)) {
    files.set(inner.sha256, { path, isPacked: true });
  }
}
