import { createSeededRandom } from "../../local/memory/random.ts";
import type { Random } from "../../shared/ports.ts";

/**
 * Randomness of its own for each concern, so that one more draw of one does not change the others.
 */
export function stream(seed: number, concern: string): Random {
  return createSeededRandom((seed % 2 ** 20) * 2 ** 32 + hash(`${seed} ${concern}`));
}

/** Uniform between the two, `to` not included. */
export function between(random: Random, from: number, to: number): number {
  return from + (to - from) * random.fraction();
}

/** A whole number from `from` to `to`, both included. */
export function whole(random: Random, from: number, to: number): number {
  return Math.floor(between(random, from, to + 1));
}

export function chance(random: Random, probability: number): boolean {
  return random.fraction() < probability;
}

/** One of a list that is not empty. */
export function oneOf<T>(random: Random, list: readonly T[]): T {
  const one = list[Math.floor(random.fraction() * list.length)];
  if (one === undefined) throw new Error("nothing to choose from");
  return one;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
