import { createGunzip, createInflateRaw } from "node:zlib";
import { isZip, onlyFileOf } from "./zip-file.ts";

/** The beginning of a file's content, or why lrq cannot see into it. */
export type Unpacked =
  | { readonly kind: "content"; readonly bytes: Uint8Array; readonly isCut: boolean }
  | { readonly kind: "trouble"; readonly why: string };

/**
 * The most bytes of a packed file that are read. Our own bound: it is kept in memory, and the
 * content of at most 4 MiB that lrq wants of it hardly ever packs to more.
 */
const PACKED_MAX_BYTES = 16 * 2 ** 20;

/** Defender puts gzip around a file, and the file may be gzip itself. */
const GZIP_LAYERS_MAX = 2;

/**
 * The first `maxBytes` of a file: as it is, or what is in its gzip, or in its zip of one file. It
 * reads no more than it needs and unpacks no more than it returns, so a bomb costs nothing. Throws
 * only what `content` throws.
 */
export async function unpack(
  content: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Unpacked> {
  const most = Math.max(maxBytes, PACKED_MAX_BYTES);
  let packed = await firstOf(content, most);
  for (let layers = 0; layers < GZIP_LAYERS_MAX && isGzip(packed.bytes); layers += 1) {
    const inner = await inflated(createGunzip(), packed.bytes, most);
    // Of a file that was cut, the beginning is enough, as long as it is more than is wanted.
    if (inner.broken !== null && !(packed.isCut && inner.bytes.byteLength > maxBytes)) {
      return trouble(`broken gzip: ${inner.broken}`);
    }
    packed = inner;
  }
  if (!isZip(packed.bytes)) return upTo(packed, maxBytes);
  if (packed.isCut) return trouble(`a zip of more than ${most} bytes`);
  const file = onlyFileOf(packed.bytes);
  if (typeof file === "string") return trouble(file);
  if (file.isStored) return upTo({ bytes: file.bytes, isCut: false }, maxBytes);
  const inner = await inflated(createInflateRaw(), file.bytes, maxBytes);
  return inner.broken === null ? upTo(inner, maxBytes) : trouble(`broken zip: ${inner.broken}`);
}

interface First {
  readonly bytes: Uint8Array;
  /** True if there was more. */
  readonly isCut: boolean;
}

async function firstOf(content: AsyncIterable<Uint8Array>, most: number): Promise<First> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of content) {
    pieces.push(Uint8Array.from(piece));
    size += piece.byteLength;
    if (size > most) break;
  }
  return { bytes: Buffer.concat(pieces).subarray(0, most), isCut: size > most };
}

/** The first bytes that come out; `broken` says why it stopped before the end of what is packed. */
async function inflated(
  inflater: ReturnType<typeof createGunzip>,
  packed: Uint8Array,
  most: number,
): Promise<First & { readonly broken: string | null }> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  let broken: string | null = null;
  inflater.end(packed);
  try {
    for await (const piece of inflater) {
      if (!(piece instanceof Uint8Array)) throw new Error("zlib gave something but bytes");
      pieces.push(piece);
      size += piece.byteLength;
      if (size > most) break;
    }
  } catch (error) {
    broken = error instanceof Error ? error.message : "unknown";
  }
  return { bytes: Buffer.concat(pieces).subarray(0, most), isCut: size > most, broken };
}

function upTo({ bytes, isCut }: First, maxBytes: number): Unpacked {
  const more = isCut || bytes.byteLength > maxBytes;
  return { kind: "content", bytes: bytes.subarray(0, maxBytes), isCut: more };
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function trouble(why: string): Unpacked {
  return { kind: "trouble", why };
}
