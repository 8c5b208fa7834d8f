/** One part of a multipart/form-data body (RFC 7578). */
export interface FormPart {
  readonly name: string;
  readonly fileName: string | null;
  readonly content: Uint8Array;
}

/** More parts than the library upload has fields. */
const PARTS_MOST = 32;

/** The parts in order, or null when the body is not what the content type says. */
export function parseMultipart(contentType: string, body: Uint8Array): FormPart[] | null {
  const boundary = /^multipart\/form-data\b.*;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(
    contentType,
  );
  const mark = boundary?.[1] ?? boundary?.[2];
  if (mark === undefined) return null;
  const text = Buffer.concat([Buffer.from("\r\n"), body]);
  const separator = Buffer.from(`\r\n--${mark}`);
  const parts: FormPart[] = [];
  let at = text.indexOf(separator);
  while (at >= 0 && parts.length < PARTS_MOST) {
    const from = at + separator.length;
    if (text.subarray(from, from + 2).toString() === "--") return parts;
    const until = text.indexOf(separator, from);
    if (until < 0) return null;
    const part = parsePart(text.subarray(from, until));
    if (part === null) return null;
    parts.push(part);
    at = until;
  }
  return null;
}

function parsePart(bytes: Buffer): FormPart | null {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const headers = bytes.subarray(0, end).toString("utf8");
  const disposition = /^content-disposition:\s*form-data;(.*)$/im.exec(headers)?.[1] ?? "";
  const name = /(?:^|[\s;])name="([^"]*)"/i.exec(disposition)?.[1];
  if (name === undefined) return null;
  const fileName = /[\s;]filename="([^"]*)"/i.exec(disposition)?.[1] ?? null;
  return { name, fileName, content: bytes.subarray(end + 4) };
}
