import { crc32, deflateRawSync } from "node:zlib";

/** What is wrong with a zip, or unusual. */
interface Oddities {
  readonly method?: number;
  readonly flags?: number;
  readonly comment?: string;
  /** In place of the packed bytes, of their number, and of where the file lies. */
  readonly packed?: Uint8Array;
  readonly size?: number;
  readonly start?: number;
}

/** A zip of files and folders. */
export function zipped(
  files: readonly (readonly [string, Uint8Array])[],
  { method = 8, flags = 0, comment = "", packed, size, start }: Oddities = {},
): Uint8Array {
  const members: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes] of files) {
    const content = Buffer.from(packed ?? (method === 0 ? bytes : deflateRawSync(bytes)));
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(size ?? content.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const member = Buffer.concat([Buffer.from("PK\x03\x04"), common, Buffer.from(name), content]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(start ?? offset, 10);
    directory.push(Buffer.from("PK\x01\x02\x14\0"), common, rest, Buffer.from(name));
    members.push(member);
    offset += member.length;
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(Buffer.concat(directory).length, 8);
  end.writeUInt32LE(offset, 12);
  end.writeUInt16LE(comment.length, 16);
  const all = [...members, ...directory, Buffer.from("PK\x05\x06"), end, Buffer.from(comment)];
  return Buffer.concat(all);
}
