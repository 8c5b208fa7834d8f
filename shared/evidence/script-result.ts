import { z } from "zod";

import type { Excerpt } from "./reported-text.ts";
import { excerpt } from "./reported-text.ts";

/**
 * What a RunScript result says; null for what it does not say. If it could be read, that does not
 * mean that the script worked: `exitCode` and `errors` decide that. The whole file is in the
 * evidence store.
 */
export type ScriptResult =
  | {
      readonly kind: "read";
      readonly scriptName: string | null;
      readonly exitCode: number | null;
      readonly output: Excerpt | null;
      readonly errors: Excerpt | null;
    }
  | { readonly kind: "unreadable"; readonly why: string };

/**
 * The largest result that is parsed, in bytes; a caller keeps that many and one more of a stream.
 * Our own bound, because transcripts are for people.
 */
export const MAX_SCRIPT_RESULT_BYTES = 4 * 2 ** 20;

/**
 * Characters of output and of errors that are kept in the record. Our own bound, so that a record
 * stays small.
 */
const MAX_EXCERPT_CHARS = 4_000;
const MAX_NAME_CHARS = 255;

const text = z.string().nullable().catch(null);

/**
 * Newer pages have the names in the first column, older ones those in the second; any can be
 * absent.
 */
const resultSchema = z.object({
  script_name: text,
  name: text,
  exit_code: z.int().nullable().catch(null),
  script_output: text,
  script_errors: text,
  script_error: text,
});

/** A JSON with any of these is a script's result. */
const TELLING = ["exit_code", "script_output", "script_errors", "script_error"] as const;

/**
 * Reads the file behind a RunScript result link. Never throws: a file that cannot be read is
 * `unreadable`, with the reason.
 */
export function parseScriptResult(bytes: Uint8Array): ScriptResult {
  const read = readResult(bytes);
  if (read.kind === "unreadable") return read;
  const { result } = read;
  const name = result.script_name ?? result.name;
  return {
    kind: "read",
    scriptName: name === null ? null : excerpt(name, MAX_NAME_CHARS).text,
    exitCode: result.exit_code,
    output: excerptOf(result.script_output),
    errors: excerptOf(result.script_errors ?? result.script_error),
  };
}

/** All that a script wrote, as it wrote it. */
type ScriptOutput =
  | { readonly kind: "read"; readonly text: string }
  | Extract<ScriptResult, { kind: "unreadable" }>;

/**
 * The whole output in the file behind a RunScript result link, without Defender's padding and
 * without the line that it puts first on Windows. Never throws.
 */
export function scriptOutput(bytes: Uint8Array): ScriptOutput {
  const read = readResult(bytes);
  if (read.kind === "unreadable") return read;
  const text = withoutNuls(read.result.script_output ?? "").replace(TRANSCRIPT_LINE, "");
  return { kind: "read", text };
}

/** As in the documented sample of Get live response result. */
const TRANSCRIPT_LINE = /^\uFEFF?Transcript started, output file is [^\n]*(?:\n|$)/;

type ReadResult =
  | { readonly kind: "read"; readonly result: z.infer<typeof resultSchema> }
  | Extract<ScriptResult, { kind: "unreadable" }>;

function readResult(bytes: Uint8Array): ReadResult {
  if (bytes.byteLength > MAX_SCRIPT_RESULT_BYTES) {
    return unreadable(`larger than ${MAX_SCRIPT_RESULT_BYTES} bytes`);
  }
  const json = parsedJson(withoutNuls(decoded(bytes)));
  if (json === undefined) return unreadable("not JSON");
  const read = resultSchema.safeParse(json);
  if (!read.success) return unreadable("not a JSON object");
  if (!TELLING.some((name) => Object.hasOwn(Object(json), name))) {
    return unreadable("none of the members of a script result");
  }
  return { kind: "read", result: read.data };
}

/** Defender pads file and output with NULs (documented sample); they are no text. */
function excerptOf(reported: string | null): Excerpt | null {
  return reported === null ? null : excerpt(withoutNuls(reported), MAX_EXCERPT_CHARS);
}

function withoutNuls(reported: string): string {
  let end = reported.length;
  while (end > 0 && reported.charCodeAt(end - 1) === 0) end -= 1;
  return reported.slice(0, end);
}

/** UTF-8, or the encoding of a byte order mark, because PowerShell often writes UTF-16. */
function decoded(bytes: Uint8Array): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isUtf16 ? "utf-16le" : "utf-8").decode(bytes);
}

/**
 * The value of a JSON text; raw control characters in strings are allowed. Undefined if it is still
 * no JSON.
 */
function parsedJson(json: string): unknown {
  for (const attempt of [json, controlsEscaped(json)]) {
    try {
      return JSON.parse(attempt);
    } catch {
      continue;
    }
  }
  return undefined;
}

/**
 * The same text with every raw control character inside a string escaped, and nothing else changed.
 * It is written into one buffer of at most six times the size: a list of pieces took 8 s and 400 MB
 * for 4 MiB of control characters.
 */
function controlsEscaped(json: string): string {
  const from = Buffer.from(json);
  const to = Buffer.allocUnsafe(from.length + 5 * countControls(from));
  let length = 0;
  let inString = false;
  let isEscaped = false;
  for (let at = 0; at < from.length; at += 1) {
    const byte = from[at] ?? 0;
    if (inString && byte < SPACE) {
      to[length++] = BACKSLASH;
      to[length++] = LETTER_U;
      to[length++] = ZERO;
      to[length++] = ZERO;
      to[length++] = ZERO + (byte >> 4);
      to[length++] = HEX[byte & 0xf] ?? ZERO;
    } else to[length++] = byte;
    // The character after a backslash is part of an escape, even a quote.
    if (byte === QUOTE && !isEscaped) inString = !inString;
    isEscaped = inString && byte === BACKSLASH && !isEscaped;
  }
  return to.toString("utf8", 0, length);
}

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const ZERO = 0x30;
const HEX = Buffer.from("0123456789abcdef");

function countControls(bytes: Uint8Array): number {
  let controls = 0;
  for (let at = 0; at < bytes.length; at += 1) if ((bytes[at] ?? 0) < SPACE) controls += 1;
  return controls;
}

function unreadable(why: string): Extract<ScriptResult, { kind: "unreadable" }> {
  return { kind: "unreadable", why };
}
