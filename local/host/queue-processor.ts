import type { DequeuedMessageItem, QueueClient } from "@azure/storage-queue";
import type { QueueSettings } from "./host-settings.ts";
import type { HostLog, InvocationOutcome, TriggerInput } from "./invoke.ts";
import { describeError } from "./invoke.ts";
import { decodeMessage, queueMetadata, textOf } from "./queue-message.ts";
import { isGone } from "./queue-storage.ts";

/**
 * A received message stays hidden this long, and again at every renewal (queue extension: 10 min,
 * fixed).
 */
export const HIDDEN_SECONDS = 600;
/** Half of that, so that one failed renewal does not yet show the message to others. */
const RENEW_AFTER_MS = (HIDDEN_SECONDS / 2) * 1000;

export interface QueueParts {
  /** The function's name. */
  readonly name: string;
  readonly queue: QueueClient;
  /** Where failing messages go; null leaves them in the queue. */
  readonly poison: QueueClient | null;
  readonly settings: QueueSettings;
  /** True hands the body over as bytes instead of text. */
  readonly binary: boolean;
  readonly run: (input: TriggerInput) => Promise<InvocationOutcome>;
  readonly log: HostLog;
}

/**
 * Takes one message through its life: invoked and deleted, or shown again after the visibility
 * timeout, or moved to the poison queue after its last allowed failure (uninvoked when it comes
 * even later, or is not base64). A body that is not UTF-8 fails uninvoked, each time. Throws only
 * if storage does; the message then shows itself again when its time is up.
 */
export async function processMessage(
  parts: QueueParts,
  message: DequeuedMessageItem,
): Promise<void> {
  const { maxDequeueCount, messageEncoding, visibilityTimeoutSeconds } = parts.settings;
  if (message.dequeueCount > maxDequeueCount) {
    return await moveToPoison(parts, message, message.popReceipt, "was received too often");
  }
  const body = decodeMessage(message.messageText, messageEncoding);
  if (body.kind === "undecodable") {
    return await moveToPoison(parts, message, message.popReceipt, "is not base64");
  }
  const hidden = keepHidden(parts, message);
  const outcome = await runWith(parts, message, body.bytes);
  const receipt = await hidden.end();
  if (outcome.kind === "succeeded") {
    return await unlessGone(parts, () => parts.queue.deleteMessage(message.messageId, receipt));
  }
  if (message.dequeueCount >= maxDequeueCount) {
    return await moveToPoison(parts, message, receipt, "failed for the last time");
  }
  await unlessGone(parts, () =>
    parts.queue.updateMessage(message.messageId, receipt, undefined, visibilityTimeoutSeconds),
  );
}

async function runWith(
  { binary, run, log, name }: QueueParts,
  message: DequeuedMessageItem,
  bytes: Buffer,
): Promise<InvocationOutcome> {
  const text = textOf(bytes);
  if (binary) {
    const triggerMetadata = queueMetadata(message, text ?? bytes.toString("utf8"));
    return await run({ data: { bytes }, triggerMetadata });
  }
  if (text !== null) {
    return await run({ data: { string: text }, triggerMetadata: queueMetadata(message, text) });
  }
  const error = new Error(`message ${message.messageId} is not UTF-8 text`);
  log("error", name, error.message);
  return { kind: "failed", error };
}

/**
 * Renews until ended; `end` gives the receipt that is good then, which is not the one the function
 * was told.
 */
function keepHidden(
  { queue, name, log }: QueueParts,
  message: DequeuedMessageItem,
): { end(): Promise<string> } {
  let receipt = message.popReceipt;
  let renewal: Promise<void> = Promise.resolve();
  const renew = async (): Promise<void> => {
    try {
      const id = message.messageId;
      const renewed = await queue.updateMessage(id, receipt, undefined, HIDDEN_SECONDS);
      receipt = renewed.popReceipt ?? receipt;
    } catch (error) {
      log("warning", name, `message ${message.messageId} not renewed: ${describeError(error)}`);
    }
  };
  const timer = setInterval(() => {
    renewal = renewal.then(renew);
  }, RENEW_AFTER_MS);
  return {
    async end() {
      clearInterval(timer);
      await renewal;
      return receipt;
    },
  };
}

async function moveToPoison(
  parts: QueueParts,
  message: DequeuedMessageItem,
  receipt: string,
  why: string,
): Promise<void> {
  const { poison, queue, name, settings, log } = parts;
  if (poison === null) {
    log(
      "warning",
      name,
      `message ${message.messageId} ${why} and ${queue.name} has no poison queue`,
    );
    return;
  }
  log("warning", name, `message ${message.messageId} ${why}`);
  // The words of Azure's host, whatever the reason: an alarm reads them.
  const most = `Message has reached MaxDequeueCount of ${settings.maxDequeueCount}`;
  log("warning", name, `${most}. Moving message to queue '${poison.name}'.`);
  await poison.createIfNotExists();
  await poison.sendMessage(message.messageText);
  await unlessGone(parts, () => queue.deleteMessage(message.messageId, receipt));
}

/** The function may have deleted, moved or hidden its own message; that is not an error. */
async function unlessGone(parts: QueueParts, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!isGone(error)) throw error;
    parts.log("debug", parts.name, "the message was changed or taken meanwhile");
  }
}
