/**
 * A wait that somebody can end early. A ring that finds nobody waiting ends the next wait at once.
 */
export interface Latch {
  ring(): void;
  /** Waits for a ring, at most `ms`; null waits for as long as it takes. */
  wait(ms: number | null): Promise<void>;
}

/** A latch for one waiter at a time. */
export function createLatch(): Latch {
  let rung = false;
  let release: (() => void) | null = null;
  return {
    ring() {
      if (release === null) rung = true;
      else release();
    },
    async wait(ms) {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = ms === null ? null : setTimeout(resolve, ms);
          release = () => {
            if (timer !== null) clearTimeout(timer);
            resolve();
          };
        });
      }
      release = null;
      rung = false;
    },
  };
}
