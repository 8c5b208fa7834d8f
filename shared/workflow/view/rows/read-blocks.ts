import type { Cell } from "../../../evidence/rows/parsed-rows.ts";
import { rowsIn } from "../../../evidence/rows/row-block.ts";
import type { RowStore } from "../../../ports.ts";
import { bytesAt, type Block } from "./read-round.ts";

/** Where the rows of one machine are. */
export type Located = Pick<Block, "path" | "places">;

/**
 * Blocks that lie close together are read with one request: with at most so much between two, and
 * so much in all. Our own bounds.
 */
const GAP_MAX_BYTES = 64 * 1024;
const RANGE_MAX_BYTES = 8 * 2 ** 20;

/**
 * The rows of these blocks. It reads them in the order in which they lie in their files, and keeps
 * all in memory: whoever asks bounds how many there are.
 */
export async function readBlocks<Each extends Located>(
  store: RowStore,
  blocks: readonly Each[],
): Promise<ReadonlyMap<Each, readonly (readonly Cell[])[]>> {
  const wanted = blocks
    .flatMap((block) => block.places.map(({ offset, bytes }) => ({ block, offset, bytes })))
    .toSorted((a, b) => compare(a.block.path, b.block.path) || a.offset - b.offset);
  const rows = new Map<Each, readonly (readonly Cell[])[]>();
  for (const range of rangesOf(wanted)) {
    const [first] = range;
    const last = range.at(-1);
    if (first === undefined || last === undefined) continue;
    const { offset } = first;
    const bytes = last.offset + last.bytes - offset;
    const body =
      bytes === 0 ? Buffer.alloc(0) : await bytesAt(store, first.block.path, { offset, bytes });
    for (const each of range) {
      const from = each.offset - offset;
      const own = rowsIn(body.subarray(from, from + each.bytes));
      rows.set(each.block, [...(rows.get(each.block) ?? []), ...own]);
    }
  }
  return rows;
}

interface Wanted<Each> {
  readonly block: Each;
  readonly offset: number;
  readonly bytes: number;
}

function rangesOf<Each extends Located>(wanted: readonly Wanted<Each>[]): Wanted<Each>[][] {
  const ranges: Wanted<Each>[][] = [];
  for (const each of wanted) {
    const range = ranges.at(-1);
    const [first] = range ?? [];
    const last = range?.at(-1);
    const fits =
      first !== undefined &&
      last !== undefined &&
      last.block.path === each.block.path &&
      each.offset - (last.offset + last.bytes) <= GAP_MAX_BYTES &&
      each.offset + each.bytes - first.offset <= RANGE_MAX_BYTES;
    if (fits) range?.push(each);
    else ranges.push([each]);
  }
  return ranges;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
