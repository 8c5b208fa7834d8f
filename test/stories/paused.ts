import type { Stage } from "./stage.ts";
import { until } from "./until.ts";

/**
 * Pauses the queue, and waits until the news of that has gone out and no message is left: then
 * nothing moves but by what a story asks for.
 */
export async function pausedAndQuiet(stage: Stage, reason: string): Promise<void> {
  await stage.call("POST", "pause", { reason });
  await untilQuiet(stage);
}

/** Waits until no news and no message is left. */
export async function untilQuiet(stage: Stage): Promise<void> {
  await until(
    async () => await stage.rows(),
    ({ ledger, messages }) => messages === 0 && !ledger.some((key) => key.startsWith("news!")),
    (rows) => `the queues are not empty: ${JSON.stringify(rows)}`,
  );
}
