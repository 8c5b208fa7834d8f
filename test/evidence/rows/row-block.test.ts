import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  blockPieces,
  PIECE_MAX_BYTES,
  readPieces,
  type Piece,
  rowsIn,
  type RowsOf,
} from "../../../shared/evidence/rows/row-block.ts";
import type { ParsedRows } from "../../../shared/evidence/rows/parsed-rows.ts";
import { bytesOf, inPieces } from "./a-form.ts";

const of: RowsOf = {
  machineId: "m1",
  machineName: "pc-1",
  sequenceId: "run.s1",
  profile: "autostarts",
  hash: "h",
  collectedAtMs: 1_000,
};

function parsedOf(rows: ParsedRows["rows"]): ParsedRows {
  return {
    rows,
    wrong: [{ row: 1, why: "is no JSON" }],
    wrongCount: 7,
    cut: "rows",
    trouble: null,
  };
}

async function piecesIn(
  content: AsyncIterable<Uint8Array>,
  wants: (number: number) => boolean = () => true,
): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for await (const piece of readPieces(content, wants)) pieces.push(piece);
  return pieces;
}

const cell = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => value + 0),
  fc.boolean(),
  fc.constant(null),
);
const someRows = fc.array(fc.array(cell, { minLength: 1, maxLength: 3 }), { maxLength: 10 });

describe("blocks of rows in a file", () => {
  it("come back as they were written, in whatever pieces the file is read", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(someRows, { maxLength: 5 }),
        fc.integer({ min: 1, max: 400 }),
        async (blocks, size) => {
          const file = Buffer.concat(
            blocks.flatMap((rows, index) => blockPieces(of, parsedOf(rows), `b${index}`)),
          );
          const pieces = await piecesIn(inPieces(file, size));
          expect(pieces.map(rowsOf)).toEqual(blocks);
          expect(pieces.map(({ header }) => header)).toEqual(
            blocks.map((rows, index) => ({
              ...of,
              ...parsedOf(rows),
              rows: undefined,
              v: 1,
              count: rows.length,
              block: `b${index}`,
              piece: 1,
              pieces: 1,
              bytes: expect.any(Number),
            })),
          );
        },
      ),
    );
  });

  it("are read without the rows that nobody wants, and say where those are", async () => {
    const file = Buffer.concat(
      ["a", "b", "c"].flatMap((text) => blockPieces(of, parsedOf([[text]]), text)),
    );
    const pieces = await piecesIn(inPieces(file, 50), (number) => number === 1);
    expect(pieces.map(rowsOf)).toEqual([null, [["b"]], null]);
    const lines = pieces.map(({ header, offset }) => file.subarray(offset, offset + header.bytes));
    expect(lines.map(String)).toEqual(['["a"]\n', '["b"]\n', '["c"]\n']);
  });

  it("have several pieces if one append does not take them, each with its number", async () => {
    const row = ["x".repeat(60_000)];
    const blocks = blockPieces(of, parsedOf(Array.from({ length: 150 }, () => row)), "b");
    expect(blocks.every(({ byteLength }) => byteLength <= PIECE_MAX_BYTES)).toBe(true);
    const pieces = await piecesIn(inPieces(Buffer.concat(blocks), 1_000_000));
    expect(pieces.map(({ header }) => [header.piece, header.pieces, header.count])).toEqual([
      [1, 3, 150],
      [2, 3, 150],
      [3, 3, 150],
    ]);
    expect(pieces.flatMap((piece) => rowsOf(piece) ?? [])).toHaveLength(150);
  });

  it("are left out where the file ends within one", async () => {
    const whole = Buffer.concat(blockPieces(of, parsedOf([["a"], ["b"]]), "b"));
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), async (at) => {
        expect(await piecesIn(inPieces(whole.subarray(0, at), 64))).toEqual([]);
      }),
    );
  });

  it("are refused if the file is something else", async () => {
    await expect(piecesIn(inPieces(bytesOf("[1]\n[2]\n"), 64))).rejects.toThrow("expected object");
    await expect(piecesIn(inPieces(Buffer.alloc(100_000, "x"), 9_000))).rejects.toThrow(
      "no header",
    );
  });
});

function rowsOf({ body }: Piece) {
  return body === null ? null : rowsIn(body);
}
