import { crc32, gzipSync } from "node:zlib";

/** A file inside an archive. */
export interface ArchiveMember {
  readonly name: string;
  readonly content: Uint8Array;
}

/**
 * An archive of the kind that the path's ending asks for: zip, gzipped tar, or else the members in
 * a row.
 */
export function archiveFor(path: string, members: readonly ArchiveMember[]): Uint8Array {
  if (/\.zip$/i.test(path)) return zip(members);
  if (/\.(tar\.gz|tgz)$/i.test(path)) return gzipSync(tar(members));
  return Buffer.concat(members.map((member) => member.content));
}

/** 1 January 1980 in the form of zip, the earliest it knows, so that the bytes never change. */
const ZIP_DATE = 0x21;

/** Without compression; readable by every unzip. */
function zip(members: readonly ArchiveMember[]): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of members) {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(ZIP_DATE, 8);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([
      Buffer.from("PK\u0003\u0004"),
      common,
      Buffer.from(name),
      content,
    ]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    const madeBy = Buffer.from([20, 0]);
    directory.push(Buffer.from("PK\u0001\u0002"), madeBy, common, tail, Buffer.from(name));
    parts.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\u0005\u0006");
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}

const TAR_BLOCK_BYTES = 512;

function tar(members: readonly ArchiveMember[]): Uint8Array {
  const parts = members.flatMap(({ name, content }) => {
    const padding = (TAR_BLOCK_BYTES - (content.length % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES;
    return [tarHeader(name, content.length), content, Buffer.alloc(padding)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * TAR_BLOCK_BYTES)]);
}

function tarHeader(name: string, length: number): Buffer {
  const header = Buffer.alloc(TAR_BLOCK_BYTES);
  header.write(name, 0);
  header.write(octal(0o644, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(length, 11), 124);
  header.write(octal(0, 11), 136);
  header.write(" ".repeat(8), 148);
  header.write("0ustar", 156);
  header.write("00", 263);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148);
  return header;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}
