import { setTimeout as pass } from "node:timers/promises";

/** No story is about time: so long waits only one that waits in vain. */
export const PATIENCE_MS = 300_000;
const EVERY_MS = 150;

/** What `ask` gives once it holds; if it never does, throws what `tell` says of the last of it. */
export async function until<T>(
  ask: () => T | Promise<T>,
  holds: (value: T) => boolean,
  tell: (value: T) => string,
): Promise<T> {
  const untilMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    if (performance.now() > untilMs) throw new Error(`waited in vain: ${tell(value)}`);
    await pass(EVERY_MS);
  }
}
