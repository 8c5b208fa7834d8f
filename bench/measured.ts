/** One measured number, with the bound it must keep, if it has one. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

/**
 * Seconds that `act` takes, and bytes by which the memory of this process grows meanwhile at most,
 * looked at every 20 ms; garbage of before is collected first, if Node is told to expose that.
 */
export async function measured(act: () => Promise<void>) {
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let peak = before;
  const look = () => (peak = Math.max(peak, process.memoryUsage().rss));
  const timer = setInterval(look, 20);
  const startedAtMs = performance.now();
  try {
    await act();
  } finally {
    clearInterval(timer);
  }
  look();
  return { seconds: (performance.now() - startedAtMs) / 1_000, growthBytes: peak - before };
}

/** The middle one, the upper of two; NaN of none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
