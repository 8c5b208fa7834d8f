/**
 * The longest name that is read. The machines' file systems allow 255 characters, and
 * percent-encoding makes three of each.
 */
const MAX_NAME_CHARS = 1_024;

/**
 * The file name in a `Content-Disposition` header (RFC 6266), or null. `filename*` comes before
 * `filename`. Defender's blobs percent-encode `filename`, too, so it is decoded if possible. The
 * machine chose the name: it may have path separators or anything else, and is only to be shown.
 */
export function fileNameIn(header: string | null): string | null {
  const parameters = parametersOf(header ?? "");
  const name = extended(parameters.get("filename*")) ?? plain(parameters.get("filename"));
  return name === null || name === "" ? null : name.slice(0, MAX_NAME_CHARS);
}

/**
 * The `; name=value` pairs; a value is a token or a quoted string, and the first of each name
 * counts.
 */
function parametersOf(header: string): Map<string, string> {
  const found = new Map<string, string>();
  const pairs = header.matchAll(/;\s*([\w*]{1,32})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"\s]+))/g);
  for (const [, name = "", quoted, token = ""] of pairs) {
    const key = name.toLowerCase();
    if (!found.has(key)) found.set(key, quoted?.replaceAll(/\\(.)/g, "$1") ?? token);
  }
  return found;
}

/** `charset'language'percent-encoded` (RFC 5987); only the two charsets the RFC names. */
function extended(value: string | undefined): string | null {
  const [, charset = "", encoded = ""] = /^([\w-]+)'[\w-]*'(.*)$/.exec(value ?? "") ?? [];
  switch (charset.toLowerCase()) {
    case "utf-8":
      return percentDecoded(encoded);
    case "iso-8859-1":
      return encoded.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      );
    default:
      return null;
  }
}

function plain(value: string | undefined): string | null {
  return value === undefined ? null : (percentDecoded(value) ?? value);
}

function percentDecoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
