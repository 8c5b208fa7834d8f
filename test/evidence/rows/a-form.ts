import type { Column, RowsForm } from "../../../shared/plan/profile/rows-form.ts";

/** A text column, which is a key if its name ends in `!`. */
function textColumn(name: string): Column {
  return name.endsWith("!")
    ? { name: name.slice(0, -1), type: "text", key: true }
    : { name, type: "text" };
}

/** A form with these columns; a name alone is a text, and a key if it ends in `!`. */
export function aForm(
  format: RowsForm["format"],
  columns: readonly (string | Column)[],
  atMost: Partial<RowsForm["atMost"]> = {},
): RowsForm {
  return {
    format,
    columns: columns.map((each) => (typeof each === "string" ? textColumn(each) : each)),
    atMost: { rows: 10_000, bytes: 2 ** 20, ...atMost },
  };
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Bytes in pieces of this size. */
export async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.slice(at, at + size);
}
