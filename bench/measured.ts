/** One measured number, with the bound it must keep, if it has one. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** The memory of this process (RSS) in bytes, without garbage if Node exposes its collector. */
export function memoryAtRest(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss;
}

/** Seconds that `act` takes, and the most memory (RSS) meanwhile, looked at every 20 ms. */
export async function measured(act: () => Promise<void>) {
  let peakBytes = memoryAtRest();
  const sample = () => (peakBytes = Math.max(peakBytes, process.memoryUsage().rss));
  const timer = setInterval(sample, 20);
  const startedAtMs = performance.now();
  try {
    await act();
  } finally {
    clearInterval(timer);
  }
  sample();
  return { seconds: (performance.now() - startedAtMs) / 1_000, peakBytes };
}

/** What the measures give, one after the other; `say` is told how long each took. */
export async function inTurn<T>(
  measures: Readonly<Record<string, () => Promise<readonly T[]>>>,
  say: (line: string) => void,
): Promise<readonly T[]> {
  const all: T[] = [];
  for (const [name, measure] of Object.entries(measures)) {
    const beganAtMs = performance.now();
    all.push(...(await measure()));
    say(`${name}: ${((performance.now() - beganAtMs) / 1_000).toFixed(0)} s`);
  }
  return all;
}

/** The middle one, the upper of two; NaN of none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
