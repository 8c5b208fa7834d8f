/**
 * The longest name we read; file systems of the machines allow 255 characters, percent-encoding
 * triples them.
 */
const MAX_NAME_CHARS = 1_024;

/**
 * The file name in a `Content-Disposition` header (RFC 6266), or null. `filename*` wins over
 * `filename`; Defender's blobs percent-encode the plain one too, so it is decoded where it can be.
 * What comes back is the machine's word: it may hold path separators or anything else, and is for
 * showing only.
 */
export function fileNameIn(header: string | null): string | null {
  const parameters = parametersOf(header ?? "");
  const name = extended(parameters.get("filename*")) ?? plain(parameters.get("filename"));
  return name === null || name === "" ? null : name.slice(0, MAX_NAME_CHARS);
}

/** `; name=value` pairs, the value a token or a quoted string; the first of each name counts. */
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
