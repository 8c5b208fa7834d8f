import type { RowsForm } from "../../plan/profile/rows-form.ts";
import { MAX_SCRIPT_RESULT_BYTES, scriptOutput } from "../script-result.ts";
import { parseRows } from "./parse-rows.ts";
import { noRows, type ParsedRows } from "./parsed-rows.ts";
import { unpack } from "./unpack.ts";

/**
 * The rows in a stored result: in the output of a script, or in a fetched file. It reads no more
 * than the bounds of the form ask for. Throws only what `content` throws.
 */
export async function readRows(
  type: "RunScript" | "GetFile",
  content: AsyncIterable<Uint8Array>,
  form: RowsForm,
): Promise<ParsedRows> {
  const { bytes: bytesMax } = form.atMost;
  if (type === "GetFile") {
    const unpacked = await unpack(content, bytesMax);
    if (unpacked.kind === "trouble") return noRows(unpacked.why);
    return parseRows(unpacked.bytes, unpacked.isCut, form);
  }
  const output = scriptOutput(await firstBytes(content, MAX_SCRIPT_RESULT_BYTES + 1));
  if (output.kind === "unreadable") return noRows(`the result of the script is ${output.why}`);
  const bytes = Buffer.from(output.text);
  return parseRows(bytes.subarray(0, bytesMax), bytes.byteLength > bytesMax, form);
}

async function firstBytes(content: AsyncIterable<Uint8Array>, most: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of content) {
    pieces.push(Uint8Array.from(piece));
    size += piece.byteLength;
    if (size >= most) break;
  }
  return Buffer.concat(pieces).subarray(0, most);
}
