import type { MemoryClock } from "../../local/memory/clock.ts";
import type { Life } from "./life.ts";
import type { BenchQueue, Received } from "./queue.ts";

/** As host.json has it: batches of 16, a new one when 8 or fewer run, a poll at least every 2 s. */
const BATCH_SIZE = 16;
const NEW_BATCH_AT = 8;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
/** The visibility timeout of host.json: when a message whose function threw is seen again. */
const AFTER_FAILURE_MS = 30_000;

/**
 * One worker's queue trigger: looks, pauses longer and longer while nothing is there, and runs up
 * to 24 messages at once. What throws comes back after 30 s; nothing is ever given up as poison,
 * for a drain that waits by throwing would lose its work at the fifth.
 */
export function startListener<T>(
  queue: BenchQueue<T>,
  clock: MemoryClock,
  life: Life,
  serve: (message: Received<T>) => Promise<void>,
): void {
  let running = 0;
  let pauseMs = FIRST_PAUSE_MS;
  let isWaiting = false;
  const receive = (): void => {
    isWaiting = running > NEW_BATCH_AT;
    if (isWaiting || life.isOver) return;
    const batch = queue.receive(BATCH_SIZE);
    for (const message of batch) run(message);
    if (batch.length > 0) {
      pauseMs = FIRST_PAUSE_MS;
      clock.at(clock.nowMs() + 1, receive);
      return;
    }
    clock.at(clock.nowMs() + pauseMs, receive);
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
  };
  const run = (message: Received<T>): void => {
    running += 1;
    const over = (end: () => void) => () => {
      end();
      running -= 1;
      if (isWaiting && running <= NEW_BATCH_AT) {
        isWaiting = false;
        receive();
      }
    };
    void serve(message).then(
      over(() => queue.complete(message.id)),
      over(() => queue.release(message.id, AFTER_FAILURE_MS)),
    );
  };
  clock.at(clock.nowMs(), receive);
}
