import type { Random } from "../../shared/ports.ts";

/** Numbers a generator gives away before it is well mixed. */
const WARM_UP = 16;

/**
 * Randomness that is the same for the same seed, on every platform (sfc32 of PractRand). Not for
 * secrets. `seed` is any whole number; its lowest 53 bits count.
 */
export function createSeededRandom(seed: number): Random {
  const next = sfc32(seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0);
  for (let count = 0; count < WARM_UP; count += 1) next();
  const id = () => Array.from({ length: 4 }, () => next().toString(16).padStart(8, "0")).join("");
  return {
    fraction: () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53,
    id,
    nonce: id,
  };
}

/** 32 random bits a call, as a number that is not negative. */
function sfc32(low: number, high: number): () => number {
  let a = low;
  let b = high;
  let c = 0x9e3779b9;
  let counter = 1;
  return () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
}
