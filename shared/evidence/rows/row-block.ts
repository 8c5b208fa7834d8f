import { z } from "zod";
import type { Cell, ParsedRows } from "./parsed-rows.ts";

/** What one append takes (Append Block), and so the longest piece of a block. */
export const PIECE_MAX_BYTES = 4 * 2 ** 20;

/**
 * The first line of a piece. A block is what one machine's result says, written at once; one that
 * is longer than a piece has several, each with this line. `bytes` are those of its lines of rows.
 */
const pieceSchema = z.looseObject({
  v: z.literal(1),
  machineId: z.string(),
  machineName: z.string().nullable(),
  sequenceId: z.string(),
  /** Profile and hash say which form the rows have. */
  profile: z.string(),
  hash: z.string(),
  collectedAtMs: z.number(),
  /** Rows of the whole block, and what is wrong with the rest. */
  count: z.number(),
  wrongCount: z.number(),
  wrong: z.array(z.looseObject({ row: z.number(), why: z.string() })),
  cut: z.enum(["rows", "bytes"]).nullable(),
  trouble: z.string().nullable(),
  /** Another one each time that a block is written. */
  block: z.string(),
  piece: z.number().int().min(1),
  pieces: z.number().int().min(1),
  bytes: z.number().int().min(0),
});

export type PieceHeader = z.infer<typeof pieceSchema>;

/** Whose rows they are. */
export type RowsOf = Pick<
  PieceHeader,
  "machineId" | "machineName" | "sequenceId" | "profile" | "hash" | "collectedAtMs"
>;

/**
 * A block in pieces of at most 4 MiB, to be appended in this order. `block` is an id of this try. A
 * reader takes a block only if it finds all its pieces.
 */
export function blockPieces(of: RowsOf, parsed: ParsedRows, block: string): Uint8Array[] {
  const { rows, wrong, wrongCount, cut, trouble } = parsed;
  const bodies = bodiesOf(rows);
  return bodies.map((body, index) => {
    const place = { block, piece: index + 1, pieces: bodies.length, bytes: body.byteLength };
    const header = { v: 1, ...of, count: rows.length, wrongCount, wrong, cut, trouble, ...place };
    return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body]);
  });
}

/** A header has twenty reasons of a hundred characters, and names of a few hundred. */
const HEADER_MAX_BYTES = 64 * 1024;

/** The lines of the rows, in pieces that leave room for a header. */
function bodiesOf(rows: ParsedRows["rows"]): Buffer[] {
  const bodies: Buffer[] = [];
  let lines: string[] = [];
  let size = 0;
  for (const row of rows) {
    const line = `${JSON.stringify(row)}\n`;
    const bytes = Buffer.byteLength(line);
    if (size + bytes > PIECE_MAX_BYTES - HEADER_MAX_BYTES && size > 0) {
      bodies.push(Buffer.from(lines.join("")));
      [lines, size] = [[], 0];
    }
    lines.push(line);
    size += bytes;
  }
  bodies.push(Buffer.from(lines.join("")));
  return bodies;
}

/** A piece in a file: its first line, its number in the file from 0, and where its rows are. */
export interface Piece {
  readonly header: PieceHeader;
  readonly number: number;
  /** Of the first byte of its rows in the file. */
  readonly offset: number;
  /** The lines of its rows; null if nobody wanted them. */
  readonly body: Uint8Array | null;
}

/**
 * The pieces in a file, in the order in which they were appended. It keeps the rows of one piece in
 * memory at a time, and skips those that nobody wants. A piece that is cut off by the end of the
 * file is left out. Throws if the file is broken.
 */
export async function* readPieces(
  content: AsyncIterable<Uint8Array>,
  wants: (number: number) => boolean,
): AsyncGenerator<Piece> {
  const bytes = readingBytes(content);
  try {
    for (let number = 0; ; number += 1) {
      const line = await bytes.line(HEADER_MAX_BYTES);
      if (line === null) return;
      const header = pieceSchema.parse(JSON.parse(line));
      const offset = bytes.offset();
      const body = await bytes.take(header.bytes, wants(number));
      if (body === null) return;
      yield { header, number, offset, body: body === "skipped" ? null : body };
    }
  } finally {
    await bytes.end();
  }
}

/** The lines of a piece, each the JSON of a row, as lrq has written them. */
export function linesIn(body: Uint8Array): readonly string[] {
  return body.byteLength === 0 ? [] : textIn(body).split("\n");
}

/** The rows in these lines. */
export function rowsIn(body: Uint8Array): readonly (readonly Cell[])[] {
  if (body.byteLength === 0) return [];
  // A line break inside of a cell is escaped, so each one here ends a row. To read all at once is
  // three times as fast as to read line by line.
  const rows: unknown = JSON.parse(`[${textIn(body).replaceAll("\n", ",")}]`);
  if (!areRows(rows)) throw new Error("what should be rows is something else");
  return rows;
}

/** All but the last line break. */
function textIn({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength - 1).toString();
}

/** By hand: a schema takes longer for this than all else that is done with a row. */
function areRows(value: unknown): value is Cell[][] {
  if (!Array.isArray(value)) return false;
  return value.every((row: unknown) => Array.isArray(row) && row.every((cell) => isCell(cell)));
}

function isCell(value: unknown): value is Cell {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

/** Takes lines and runs of bytes out of a stream of pieces of any size. */
function readingBytes(content: AsyncIterable<Uint8Array>) {
  const source = content[Symbol.asyncIterator]();
  let held: Uint8Array = new Uint8Array();
  let offset = 0;

  /** False at the end. */
  async function hold(before: Uint8Array): Promise<boolean> {
    const next = await source.next();
    if (next.done === true) return false;
    held = before.byteLength === 0 ? next.value : Buffer.concat([before, next.value]);
    return true;
  }

  function use(length: number): Uint8Array {
    const used = held.subarray(0, length);
    held = held.subarray(length);
    offset += length;
    return used;
  }

  return {
    offset: () => offset,
    end: async () => void (await source.return?.()),
    /** The next line without its end; null if there is none that is complete. */
    line: async (maxBytes: number): Promise<string | null> => {
      while (!held.includes(0x0a)) {
        if (held.byteLength > maxBytes) throw new Error(`no header of rows at byte ${offset}`);
        if (!(await hold(held))) return null;
      }
      const line = Buffer.from(use(held.indexOf(0x0a))).toString();
      use(1);
      return line;
    },
    /** The next bytes, or nothing of them if they are not wanted; null if there are not as many. */
    take: async (length: number, isWanted: boolean): Promise<Uint8Array | "skipped" | null> => {
      const pieces: Uint8Array[] = [];
      let left = length;
      for (;;) {
        const piece = use(Math.min(left, held.byteLength));
        left -= piece.byteLength;
        if (isWanted) pieces.push(piece);
        if (left === 0) break;
        if (!(await hold(held))) return null;
      }
      if (!isWanted) return "skipped";
      return pieces.length === 1 ? (pieces[0] ?? null) : Buffer.concat(pieces);
    },
  };
}
