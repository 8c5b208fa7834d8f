import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createGunzip } from "node:zlib";
import { safeFileName } from "../file-name.ts";
import { findParts, type PartFile } from "./find-parts.ts";
import type { PartManifest } from "./part-manifest.ts";

/** What became of one manifest, which is in the file `from`. */
export type Joined =
  | {
      readonly kind: "joined";
      readonly from: string;
      readonly path: string;
      readonly size: number;
      readonly sha256: string;
      readonly parts: number;
    }
  | { readonly kind: "refused"; readonly from: string; readonly why: string };

/**
 * Joins the parts that a collector's output was cut into, for every manifest in `folder`, into
 * files in `into`. The hash of each part and of the whole is checked while it is written, in
 * constant memory. A file that is there already is never touched. If something is missing or does
 * not fit, nothing is left of that file.
 */
export async function joinParts(folder: string, into: string): Promise<Joined[]> {
  const { manifests, files } = await findParts(folder);
  const joined: Joined[] = [];
  const names = new Set<string>();
  for (const [from, manifest] of manifests) {
    const path = join(into, freeName(manifest.name, names));
    const why = await joinOne(manifest, files, path);
    const { size, sha256, parts } = manifest;
    if (why !== null) joined.push({ kind: "refused", from, why });
    else joined.push({ kind: "joined", from, path, size, sha256, parts: parts.length });
  }
  return joined;
}

/** Two machines may give their output one name. Some systems take small letters for capitals. */
function freeName(wanted: string, names: Set<string>): string {
  const name = safeFileName(wanted);
  for (let number = 1; ; number += 1) {
    const free = number === 1 ? name : `${number}-${name}`;
    if (names.has(free.toLowerCase())) continue;
    names.add(free.toLowerCase());
    return free;
  }
}

/** Why the file was not made; null if it was. */
async function joinOne(
  manifest: PartManifest,
  files: ReadonlyMap<string, PartFile>,
  path: string,
): Promise<string | null> {
  const { parts } = manifest;
  const missing = parts.filter((part) => !files.has(part.sha256));
  if (missing.length > 0) {
    const paths = missing.map((part) => part.path).join(", ");
    return `${missing.length} of ${parts.length} parts are not here: ${paths}`;
  }
  if (existsSync(path)) return `${path} is there already`;
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.part`;
  const file = await open(unfinished, "wx");
  try {
    const why = await writeParts(manifest, files, file);
    await file.close();
    if (why === null) renameSync(unfinished, path);
    return why;
  } finally {
    await file.close();
    rmSync(unfinished, { force: true });
  }
}

/** Why what was written is not the file; null if it is. */
async function writeParts(
  { parts, sha256 }: PartManifest,
  files: ReadonlyMap<string, PartFile>,
  file: FileHandle,
): Promise<string | null> {
  const whole = createHash("sha256");
  for (const part of parts) {
    const found = files.get(part.sha256);
    if (found === undefined) throw new Error(`${part.path} was here, and is not any more`);
    const hash = createHash("sha256");
    for await (const piece of contentOf(found)) {
      hash.update(piece);
      whole.update(piece);
      await file.writeFile(piece);
    }
    if (hash.digest("hex") !== part.sha256) return `${found.path} changes while it is read`;
  }
  if (whole.digest("hex") === sha256) return null;
  return "its parts are not the file whose hash it says";
}

function contentOf({ path, isPacked }: PartFile): AsyncIterable<Buffer> {
  const content = createReadStream(path);
  if (!isPacked) return content;
  const unpacked = createGunzip();
  content.on("error", (error) => unpacked.destroy(error));
  return content.pipe(unpacked);
}
