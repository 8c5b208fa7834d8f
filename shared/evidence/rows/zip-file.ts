/*
 * Enough of a zip to read its only file (APPNOTE 6.3.10 of PKWARE). A library would unpack all that
 * is in it; this one refuses everything else before it unpacks.
 */

const MEMBER_HEADER = 0x04034b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END = 0x06054b50;

const END_BYTES = 22;
/** The comment behind the end of a zip has 65,535 bytes at most. */
const COMMENT_MAX_BYTES = 65_535;
const ENTRY_BYTES = 46;
const HEADER_BYTES = 30;

const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;
/** In their place the extra field of zip64 has the value. */
const IN_ZIP64 = 0xffffffff;

/** The only file of a zip as it is in there: stored, or to be inflated. */
interface ZippedFile {
  readonly bytes: Uint8Array;
  readonly isStored: boolean;
}

/** True if the bytes begin like a zip with a file, or like an empty one. */
export function isZip(bytes: Uint8Array): boolean {
  if (bytes.byteLength < 4) return false;
  return [MEMBER_HEADER, END].includes(viewOf(bytes).getUint32(0, true));
}

/** The only file in a zip; folders do not count. Or, as a text, why there is none to read. */
export function onlyFileOf(bytes: Uint8Array): ZippedFile | string {
  const view = viewOf(bytes);
  const end = endOf(view);
  if (end === null) return "a zip without its end";
  const files: number[] = [];
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left -= 1) {
    if (at + ENTRY_BYTES > end || view.getUint32(at, true) !== DIRECTORY_ENTRY) {
      return "a zip with a broken directory";
    }
    const nameBytes = view.getUint16(at + 28, true);
    if (bytes[at + ENTRY_BYTES + nameBytes - 1] !== 0x2f) files.push(at);
    if (files.length > 1) return "a zip with more than one file";
    at += ENTRY_BYTES + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  const [only] = files;
  return only === undefined ? "a zip without a file" : fileAt(view, bytes, only);
}

function fileAt(view: DataView, bytes: Uint8Array, entry: number): ZippedFile | string {
  const method = view.getUint16(entry + 10, true);
  const [size, start] = [view.getUint32(entry + 20, true), view.getUint32(entry + 42, true)];
  if ((view.getUint16(entry + 8, true) & ENCRYPTED) !== 0) return "a zip with a password";
  if (method !== STORED && method !== DEFLATED) return `a zip with the method ${method}`;
  if (size === IN_ZIP64 || start === IN_ZIP64) return "a zip64, which is for files of 4 GiB";
  if (start + HEADER_BYTES > entry || view.getUint32(start, true) !== MEMBER_HEADER) {
    return "a zip whose file is not where its directory says";
  }
  const names = view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
  const from = start + HEADER_BYTES + names;
  if (from + size > entry) return "a zip whose file is longer than the zip";
  return { bytes: bytes.subarray(from, from + size), isStored: method === STORED };
}

/** Where the end of the directory begins: the last place that looks like it. */
function endOf(view: DataView): number | null {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= 0 && at >= last - COMMENT_MAX_BYTES; at -= 1) {
    if (view.getUint32(at, true) === END) return at;
  }
  return null;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
