import { readPieces, type PieceHeader } from "../../../evidence/rows/row-block.ts";
import { roundPrefix } from "../../../evidence/rows/rows-path.ts";
import type { RoundRows } from "../../../ledger/sweep/round-rows.ts";
import type { RowStore } from "../../../ports.ts";

/** The rows of one machine in a round: where they are, and what its first line says. */
export interface Block {
  readonly header: PieceHeader;
  readonly path: string;
  /** Where its rows lie in the file, piece by piece. */
  readonly places: readonly Place[];
}

interface Place {
  /** The piece's number in the file. */
  readonly number: number;
  readonly offset: number;
  readonly bytes: number;
}

/** Rows of one machine; those of a block come one after the other, in their order. */
export interface RowsOfMachine {
  readonly header: PieceHeader;
  /** True for the first rows of a block. */
  readonly isFirst: boolean;
  /** The lines of the rows. */
  readonly body: Uint8Array;
}

/** A round: the name of its sweep, its number, and the rows of its profiles. */
export interface RoundOfRows {
  readonly name: string;
  readonly number: number;
  readonly rows: readonly RoundRows[];
}

/** Which files are read. */
type WhichRound = Pick<RoundOfRows, "name" | "number">;

/** Files up to this size are read once and kept; larger ones are read again. Our own bound. */
const KEPT_MAX_BYTES = 16 * 2 ** 20;

/** With one, the reader waited a fifth of its time for the store, by the bench `sweeps`. */
const FETCHED_AHEAD = 2;

/**
 * The block of each machine in a round, without its rows: the last complete one of the last batch
 * that has one. So rows that were appended twice, and machines that were run again, count once. It
 * keeps the ids of the machines in memory: 100,000 are about 15 MiB.
 */
export async function* blocksOfRound(store: RowStore, round: WhichRound): AsyncGenerator<Block> {
  for await (const { blocks } of batchesOf(store, round)) yield* blocks;
}

/**
 * The rows of a round, each machine once. One piece of a block, 4 MiB at most, and three files of
 * at most 16 MiB are in memory at a time, however many rows there are.
 */
export async function* rowsOfRound(
  store: RowStore,
  round: WhichRound,
): AsyncGenerator<RowsOfMachine> {
  for await (const { blocks, content } of batchesOf(store, round)) {
    const wanted = new Set<number>();
    for (const { places } of blocks) {
      const [only] = places;
      if (only !== undefined && places.length === 1) wanted.add(only.number);
    }
    for await (const { header, body } of readPieces(await content(), (at) => wanted.has(at))) {
      if (body !== null) yield { header, isFirst: true, body };
    }
    for (const block of blocks) {
      if (block.places.length > 1) yield* rowsOfBlock(store, block);
    }
  }
}

/** The rows of one block, read by themselves. */
async function* rowsOfBlock(
  store: RowStore,
  { header, path, places }: Block,
): AsyncGenerator<RowsOfMachine> {
  for (const [index, { offset, bytes }] of places.entries()) {
    const body = bytes === 0 ? Buffer.alloc(0) : await bytesAt(store, path, { offset, bytes });
    yield { header, isFirst: index === 0, body };
  }
}

/** Bytes of a file that must be there. */
export async function bytesAt(
  store: RowStore,
  path: string,
  range: { readonly offset: number; readonly bytes: number },
): Promise<Buffer> {
  const opened = await store.open(path, range);
  if (opened === null) throw new Error(`${path} is gone`);
  const pieces: Uint8Array[] = [];
  for await (const piece of opened.content) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  if (bytes.byteLength !== range.bytes) throw new Error(`${path} is shorter than it was`);
  return bytes;
}

interface Batch {
  readonly blocks: readonly Block[];
  /** The file once more. */
  readonly content: () => Promise<AsyncIterable<Uint8Array>>;
}

/**
 * The newest batch first, so that the last block of a machine is met first. The next files
 * are fetched while one is read.
 */
async function* batchesOf(store: RowStore, { name, number }: WhichRound): AsyncGenerator<Batch> {
  const met = new Set<string>();
  const paths = (await store.list(roundPrefix({ name, round: number }))).toReversed();
  const coming = paths.slice(0, FETCHED_AHEAD).map((path) => fetched(store, path));
  for (const [index, path] of paths.entries()) {
    const content = (await coming.shift()) ?? null;
    coming.push(fetched(store, paths[index + FETCHED_AHEAD]));
    if (content === null) throw new Error(`${path} is gone`);
    const blocks = (await lastBlocks(path, await content())).filter(
      ({ header }) => !met.has(header.machineId),
    );
    for (const { header } of blocks) met.add(header.machineId);
    yield { blocks, content };
  }
}

/** The file, kept in memory if it is small; null if there is none. */
function fetched(store: RowStore, path: string | undefined): Promise<Batch["content"] | null> {
  const fetching = path === undefined ? Promise.resolve(null) : readable(store, path);
  // Whoever waits for it hears of it. If nobody does any more, nobody has to.
  fetching.catch(() => null);
  return fetching;
}

async function readable(store: RowStore, path: string): Promise<Batch["content"] | null> {
  const first = await store.open(path);
  if (first === null) return null;
  const kept: Uint8Array[] = [];
  let size = 0;
  for await (const piece of first.content) {
    kept.push(piece);
    size += piece.byteLength;
    if (size > KEPT_MAX_BYTES) break;
  }
  if (size <= KEPT_MAX_BYTES) return async () => inPieces(kept);
  return async () => {
    const opened = await store.open(path);
    if (opened === null) throw new Error(`${path} is gone`);
    return opened.content;
  };
}

async function* inPieces(kept: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* kept;
}

/** For each machine of a file its last complete block. A batch has 200 machines at most. */
async function lastBlocks(path: string, content: AsyncIterable<Uint8Array>): Promise<Block[]> {
  const begun = new Map<string, Place[]>();
  const last = new Map<string, Block>();
  for await (const { header, number, offset } of readPieces(content, () => false)) {
    const places = header.piece === 1 ? [] : (begun.get(header.block) ?? []);
    // A piece whose predecessor is missing belongs to no block that is complete.
    if (places.length !== header.piece - 1) continue;
    places.push({ number, offset, bytes: header.bytes });
    if (header.piece < header.pieces) {
      begun.set(header.block, places);
      continue;
    }
    begun.delete(header.block);
    last.delete(header.machineId);
    last.set(header.machineId, { header, path, places });
  }
  return [...last.values()];
}
