import { createHash } from "node:crypto";

/** A value, on how many machines it is, and one of them. */
interface Stacked<Machine> {
  readonly value: string;
  readonly machines: number;
  readonly example: Machine;
}

/** What was counted: the rarest values, and how many values there are. */
export interface Stack<Machine> {
  readonly rarest: readonly Stacked<Machine>[];
  /** `atLeast`: there are more; the rarest are known before all are counted. */
  readonly distinct: { readonly count: number; readonly atLeast: boolean };
}

/** How much is kept in memory while values are counted. */
export interface StackBounds {
  readonly values: number;
  readonly characters: number;
}

/** About 100 MiB, by the bench `sweeps`. Our own bounds. */
const BOUNDS: StackBounds = { values: 250_000, characters: 16 * 2 ** 20 };

/** Values are parted by the first 32 bits of their hash. */
const HASHES = 2 ** 32;

/** On how many machines a value is, one of them, and the last one. */
interface Counted<Machine> {
  machines: number;
  readonly example: Machine;
  last: Machine;
}

/** A range of hashes: `from <= hash < before`. */
interface Range {
  readonly from: number;
  readonly before: number;
}

/**
 * Counts on how many machines each value is, in a memory that does not grow with the number of
 * values. It counts those values whose hash is in a range, at first all. When there are too many,
 * it halves the range and drops what is outside; that is counted in another pass over everything.
 * So who feeds it calls `add` for all values of all machines, and again as long as `next` says so.
 * Of values on the same number of machines, those with the smaller hash come first. So once `limit`
 * values on one machine each are known, nothing can come before them, and it is done.
 */
export function stacking<Machine>(limit: number, bounds = BOUNDS) {
  const later: Range[] = [];
  let part = countingIn<Machine>({ from: 0, before: HASHES }, bounds, later);
  let rarest: Hashed<Machine>[] = [];
  let distinct = 0;
  return {
    /** A value of a machine. One machine, one object; its values come one after the other. */
    add: (value: string, machine: Machine): void => {
      part.add(value, machine);
    },
    /** At the end of a pass: true if everything has to be added once more. */
    next: (): boolean => {
      distinct += part.counts.size;
      rarest = rarestOf([...rarest, ...candidates(part.counts, limit)], limit);
      const range = isSettled(rarest, limit) ? undefined : later.pop();
      part = countingIn(range ?? { from: 0, before: 0 }, bounds, later);
      return range !== undefined;
    },
    result: (): Stack<Machine> => ({
      rarest: rarest.map(({ value, machines, example }) => ({ value, machines, example })),
      distinct: { count: distinct, atLeast: later.length > 0 },
    }),
  };
}

/** The values of one pass. The ranges that it leaves out are added to `later`. */
function countingIn<Machine>(range: Range, bounds: StackBounds, later: Range[]) {
  const counts = new Map<string, Counted<Machine>>();
  let { from, before } = range;
  let characters = 0;

  function isFull(): boolean {
    return counts.size > bounds.values || (characters > bounds.characters && counts.size > 1);
  }

  /** Counts only what is in the first half of the range from now on. */
  function halve(): void {
    const middle = from + Math.floor((before - from) / 2);
    later.push({ from: middle, before });
    before = middle;
    for (const value of counts.keys()) {
      if (hashOf(value) < middle) continue;
      counts.delete(value);
      characters -= value.length;
    }
  }

  function isOutside(value: string): boolean {
    if (from === 0 && before === HASHES) return false;
    const hash = hashOf(value);
    return hash < from || hash >= before;
  }

  return {
    counts,
    add: (value: string, machine: Machine): void => {
      const known = counts.get(value);
      if (known !== undefined) {
        // A machine that has the value in several rows counts once.
        if (known.last !== machine) known.machines += 1;
        known.last = machine;
        return;
      }
      if (isOutside(value)) return;
      counts.set(copyOf(value), { machines: 1, example: machine, last: machine });
      characters += value.length;
      // Values with the same hash stay together.
      while (isFull() && before - from > 1) halve();
    },
  };
}

/** What was cut out of a text keeps all of it in memory; a copy does not. */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}

type Hashed<Machine> = Stacked<Machine> & { readonly hash: number };

/** Nothing is on less than one machine, and ranges are counted in the order of hashes. */
function isSettled(rarest: readonly { machines: number }[], limit: number): boolean {
  return rarest.length >= limit && rarest.every(({ machines }) => machines === 1);
}

/** The values that may be among the rarest, without hashing those that cannot. */
function candidates<Machine>(
  counts: ReadonlyMap<string, Counted<Machine>>,
  limit: number,
): Hashed<Machine>[] {
  const perCount = new Map<number, number>();
  for (const { machines } of counts.values()) {
    perCount.set(machines, (perCount.get(machines) ?? 0) + 1);
  }
  let [most, room] = [0, limit];
  for (const [machines, values] of [...perCount].toSorted(([a], [b]) => a - b)) {
    if (room <= 0) break;
    most = machines;
    room -= values;
  }
  const found: Hashed<Machine>[] = [];
  for (const [value, { machines, example }] of counts) {
    if (machines <= most) found.push({ value, machines, example, hash: hashOf(value) });
  }
  return found;
}

function rarestOf<Machine>(found: readonly Hashed<Machine>[], limit: number): Hashed<Machine>[] {
  return found
    .toSorted((a, b) => a.machines - b.machines || a.hash - b.hash || (a.value < b.value ? -1 : 1))
    .slice(0, limit);
}

/** Cryptographic, so that no machine can choose values that all have the same one. */
function hashOf(value: string): number {
  return createHash("sha256").update(value).digest().readUInt32BE(0);
}
