import { setTimeout as pass } from "node:timers/promises";
import type { Stage } from "./stage.ts";

/**
 * Pauses the queue, and waits until the news of that has gone out and no message is left: then
 * nothing moves but by what a story asks for.
 */
export async function pausedAndQuiet(stage: Stage, reason: string): Promise<void> {
  await stage.call("POST", "pause", { reason });
  for (;;) {
    const { ledger, messages } = await stage.rows();
    if (messages === 0 && !ledger.some((key) => key.startsWith("news!"))) return;
    await pass(100);
  }
}
