import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable, Transform, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Hashed } from "./hash-file.ts";

/** Bytes that somebody opens when there is a file to write them to. */
export type Opened = () => Promise<AsyncIterable<Uint8Array>>;

/**
 * Writes a new file and hashes it, in constant memory, under another name until it is whole. What
 * breaks off, or what `check` throws at, is no file and is removed. Throws if a file is there.
 */
export async function saveFile(
  target: string,
  content: Opened,
  check: (hashed: Hashed) => void = () => undefined,
): Promise<Hashed> {
  if (existsSync(target)) throw new Error(`${target} exists already, and lrq overwrites nothing`);
  mkdirSync(dirname(target), { recursive: true });
  const unfinished = `${target}.part`;
  const file = await open(unfinished, "wx");
  try {
    const hashed = await copied(await content(), file.createWriteStream());
    await file.close();
    check(hashed);
    renameSync(unfinished, target);
    return hashed;
  } catch (error) {
    await closed(file);
    rmSync(unfinished, { force: true });
    throw error;
  }
}

/** A disk that is full may refuse even this; what went wrong first is what is told. */
async function closed(file: FileHandle): Promise<void> {
  await file.close().catch(() => undefined);
}

async function copied(content: AsyncIterable<Uint8Array>, target: Writable): Promise<Hashed> {
  const hash = createHash("sha256");
  let size = 0;
  const hashing = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      size += chunk.byteLength;
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(Readable.from(content, { objectMode: false }), hashing, target);
  return { size, sha256: hash.digest("hex") };
}
