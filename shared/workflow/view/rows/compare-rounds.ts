import { howWhole } from "../../../evidence/rows/how-whole.ts";
import type { Cell } from "../../../evidence/rows/parsed-rows.ts";
import { rowObjectOf } from "../../../evidence/rows/row-lines.ts";
import type { RowStore } from "../../../ports.ts";
import { columnsOfRound, type ColumnsOfRound } from "./columns-of-round.ts";
import { blocksOfRound, type Block, type RoundOfRows } from "./read-round.ts";
import { readBlocks, type Located } from "./read-blocks.ts";

/** Machines of two rounds. Only those that gave rows in both are compared. */
interface ComparedMachines {
  both: number;
  onlyInRound: number;
  onlyInAgainst: number;
  /** Of both, but lrq could not read one of the results, or it lacks a key column of the other. */
  notComparable: number;
  /** Of both, and compared, but of one round lrq has not all rows. */
  partial: number;
}

/** Bytes of rows that are compared at a time, and machines. Our own bounds. */
const GROUP_BYTES = 4 * 2 ** 20;
const GROUP_MACHINES = 500;

/** Where the rows of a machine were in the other round. */
interface Before extends Located {
  readonly hash: string;
  readonly whole: ReturnType<typeof howWhole>;
  readonly collectedAtMs: number;
}

/** One machine in both rounds. */
interface Pair {
  readonly now: Block;
  readonly before: Before;
}

/**
 * What is new in a round and what is gone since another one, by the key columns: a change in each
 * line, and in the last line how many machines were compared. A machine that is missing
 * in one of the two, or that lrq could not read, is counted, and nothing of it is called new or
 * gone. If lrq has not all rows of a machine, nothing that they lack is called so. It keeps where
 * the rows of each machine of the other round are (about 500 bytes a machine), and the rows of one
 * group of machines.
 */
export async function* streamChanges(
  store: RowStore,
  round: RoundOfRows,
  against: RoundOfRows,
): AsyncGenerator<Uint8Array> {
  const columns = { now: columnsOfRound(round.rows), before: columnsOfRound(against.rows) };
  const machines = { both: 0, onlyInRound: 0, onlyInAgainst: 0, notComparable: 0, partial: 0 };
  for await (const pairs of groupsOf(store, round, against, machines)) {
    const comparable = pairs.filter((pair) => isReadable(pair) && hasKeys(columns, pair));
    machines.notComparable += pairs.length - comparable.length;
    machines.partial += comparable.filter((pair) => isPartial(pair)).length;
    for (const changes of await changesIn(store, columns, comparable)) {
      const lines = changes.map((each) => `${JSON.stringify(each)}\n`);
      if (lines.length > 0) yield Buffer.from(lines.join(""));
    }
  }
  const about = { sweep: round.name, round: round.number, against: against.number };
  yield Buffer.from(`${JSON.stringify({ ...about, machines })}\n`);
}

/** Machines of both rounds, as many as may be in memory together. */
async function* groupsOf(
  store: RowStore,
  round: RoundOfRows,
  against: RoundOfRows,
  machines: ComparedMachines,
): AsyncGenerator<readonly Pair[]> {
  const before = new Map<string, Before>();
  for await (const { header, path, places } of blocksOfRound(store, against)) {
    const { machineId, hash, collectedAtMs } = header;
    before.set(machineId, { path, places, hash, whole: howWhole(header), collectedAtMs });
  }
  let group: Pair[] = [];
  let bytes = 0;
  for await (const now of blocksOfRound(store, round)) {
    const found = before.get(now.header.machineId);
    if (found === undefined) {
      machines.onlyInRound += 1;
      continue;
    }
    before.delete(now.header.machineId);
    machines.both += 1;
    const size = bytesOf(now) + bytesOf(found);
    if (group.length > 0 && (bytes + size > GROUP_BYTES || group.length >= GROUP_MACHINES)) {
      yield group;
      [group, bytes] = [[], 0];
    }
    group.push({ now, before: found });
    bytes += size;
  }
  machines.onlyInAgainst = before.size;
  if (group.length > 0) yield group;
}

function bytesOf({ places }: Located): number {
  return places.reduce((sum, { bytes }) => sum + bytes, 0);
}

interface Columns {
  readonly now: ColumnsOfRound;
  readonly before: ColumnsOfRound;
}

function hasKeys({ now, before }: Columns, pair: Pair): boolean {
  const names = before.of(pair.before.hash);
  return now.keysOf(pair.now.header.hash).every((key) => names.includes(key));
}

function isReadable({ now, before }: Pair): boolean {
  return howWhole(now.header) !== "unreadable" && before.whole !== "unreadable";
}

function isPartial({ now, before }: Pair): boolean {
  return howWhole(now.header) === "partial" || before.whole === "partial";
}

/** One row that came or went. */
interface Change {
  readonly change: "new" | "gone";
  readonly row: Readonly<Record<string, Cell>>;
}

async function changesIn(
  store: RowStore,
  columns: Columns,
  pairs: readonly Pair[],
): Promise<readonly (readonly Change[])[]> {
  const rowsNow = await readBlocks(
    store,
    pairs.map(({ now }) => now),
  );
  const rowsBefore = await readBlocks(
    store,
    pairs.map(({ before }) => before),
  );
  return pairs.map(({ now, before }) => {
    const { hash, ...whose } = now.header;
    const keys = columns.now.keysOf(hash);
    const here = { names: columns.now.of(hash), rows: rowsNow.get(now) ?? [] };
    const there = { names: columns.before.of(before.hash), rows: rowsBefore.get(before) ?? [] };
    const [byKeyNow, byKeyBefore] = [byKey(keys, here), byKey(keys, there)];
    const then = { ...whose, collectedAtMs: before.collectedAtMs };
    // What is missing on a side that is not whole may have been there, unread.
    const added = before.whole === "whole" ? lackedBy(byKeyBefore, byKeyNow) : [];
    const lost = howWhole(now.header) === "whole" ? lackedBy(byKeyNow, byKeyBefore) : [];
    return [
      ...added.map((row) => changed("new", rowObjectOf(whose, here.names, row))),
      ...lost.map((row) => changed("gone", rowObjectOf(then, there.names, row))),
    ];
  });
}

/** The rows of `others` whose keys are not in `side`. */
function lackedBy(side: ByKey, others: ByKey): readonly (readonly Cell[])[] {
  return [...others].filter(([key]) => !side.has(key)).map(([, row]) => row);
}

function changed(change: Change["change"], row: Change["row"]): Change {
  return { change, row };
}

interface Rows {
  readonly names: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

type ByKey = ReadonlyMap<string, readonly Cell[]>;

/** The first row of each key. */
function byKey(keys: readonly string[], { names, rows }: Rows): ByKey {
  const places = keys.map((name) => names.indexOf(name));
  const found = new Map<string, readonly Cell[]>();
  for (const row of rows) {
    const key = JSON.stringify(places.map((place) => row[place] ?? null));
    if (!found.has(key)) found.set(key, row);
  }
  return found;
}
