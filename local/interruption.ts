/**
 * Anybody who ends a program with the keyboard expects this exit code: 128 and the number of
 * SIGINT.
 */
export const INTERRUPTED_EXIT_CODE = 130;

/** Some launchers pass on a Ctrl-C that the terminal has sent us as well. */
const SAME_KEY_MS = 700;

/**
 * Aborted by the first Ctrl-C, by SIGTERM, or when the terminal goes away. A second Ctrl-C ends the
 * process at once; `last` runs before that.
 */
export function watchInterrupts(last: () => void): AbortSignal {
  const stop = new AbortController();
  let firstAtMs: number | null = null;
  const hear = (): void => {
    if (firstAtMs === null) {
      firstAtMs = Date.now();
      stop.abort();
    } else if (Date.now() - firstAtMs > SAME_KEY_MS) {
      last();
      process.exit(INTERRUPTED_EXIT_CODE);
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, hear);
  // A terminal that is gone, or a reader that has heard enough, must not keep us from stopping
  // things.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => stop.abort());
  return stop.signal;
}

/** Settles when the signal is given. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
