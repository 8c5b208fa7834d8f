import { inflateRawSync } from "node:zlib";

const END = 0x06054b50;
const MEMBER = 0x02014b50;

/** The files in a zip by their names. Throws if it is none, or has a name twice. */
export function unzipped(zip: Buffer): ReadonlyMap<string, Buffer> {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || zip.readUInt32LE(end) !== END) throw new Error("it is no zip");
  const files = new Map<string, Buffer>();
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (zip.readUInt32LE(at) !== MEMBER) throw new Error("its directory is broken");
    const nameEnds = at + 46 + zip.readUInt16LE(at + 28);
    const name = zip.toString("utf8", at + 46, nameEnds);
    if (files.has(name)) throw new Error(`${name} is in it twice`);
    files.set(name, member(zip, at));
    at = nameEnds + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return files;
}

function member(zip: Buffer, at: number): Buffer {
  const method = zip.readUInt16LE(at + 10);
  const start = zip.readUInt32LE(at + 42);
  const begins = start + 30 + zip.readUInt16LE(start + 26) + zip.readUInt16LE(start + 28);
  const bytes = zip.subarray(begins, begins + zip.readUInt32LE(at + 20));
  return method === 0 ? bytes : inflateRawSync(bytes);
}
