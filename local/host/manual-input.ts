import type { RegisteredFunction } from "./functions-core.ts";
import type { TriggerInput } from "./invoke.ts";
import { triggerOf } from "./invoke.ts";
import { timerInput } from "./timer-input.ts";

/**
 * The trigger value of a run that somebody asked for by hand: `input` as the text of a queue
 * message (anything but a string becomes JSON); a timer gets its usual timer and ignores it.
 */
export function manualInput(target: RegisteredFunction, input: unknown): TriggerInput {
  if (/^timertrigger$/i.test(triggerOf(target).type)) return timerInput(null, false, Date.now());
  const text = typeof input === "string" ? input : JSON.stringify(input ?? "");
  return { data: { string: text }, triggerMetadata: {} };
}
