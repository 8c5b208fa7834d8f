import type { ServiceClock } from "../ports.ts";

/** The requests of one process that write one row. */
export interface TakingTurns<Waiting, Known> {
  /** It gets its answer in this turn or a later one. */
  add(waiting: Waiting): void;
  /** The row as the last turn left it; null if it is not known. It may be old. */
  known(): Known | null;
  /** For a row that was read elsewhere. What is known already counts more. */
  learn(found: Known | null): void;
}

/** If a turn gets no answer for this long, the next one begins without it. */
const HANGS_MS = 10_000;

/**
 * Requests share transactions: those that come during a turn wait for its end, and share the next
 * one. `next` takes some of those that wait, at least one. `act` answers each of them, must not
 * throw, and returns the row after it; null if it is not known.
 */
export function takingTurns<Waiting, Known>(
  clock: Pick<ServiceClock, "monotonicMs">,
  next: (waiting: Waiting[]) => readonly Waiting[],
  act: (some: readonly Waiting[], known: Known | null) => Promise<Known | null>,
): TakingTurns<Waiting, Known> {
  const waiting: Waiting[] = [];
  let known: Known | null = null;
  /** Who serves now, and when its present turn began. */
  let server: { beganAtMs: number } | null = null;

  /** Until nothing waits, or until another one has taken over. */
  const serve = async (): Promise<void> => {
    const own = { beganAtMs: clock.monotonicMs() };
    server = own;
    while (waiting.length > 0) {
      own.beganAtMs = clock.monotonicMs();
      const after = await act(next(waiting), known);
      if (server !== own) return;
      known = after;
    }
    server = null;
  };
  const isFree = (): boolean =>
    server === null || clock.monotonicMs() - server.beganAtMs > HANGS_MS;
  return {
    add: (one) => {
      waiting.push(one);
      if (isFree()) void serve();
    },
    known: () => known,
    learn: (found) => {
      known ??= found;
    },
  };
}
