import type { DequeuedMessageItem } from "@azure/storage-queue";
import { describeError } from "./invoke.ts";
import { createLatch } from "./latch.ts";
import { createPollingDelay } from "./polling-delay.ts";
import type { QueueParts } from "./queue-processor.ts";
import { HIDDEN_SECONDS, processMessage } from "./queue-processor.ts";
import { isGone } from "./queue-storage.ts";

export interface QueueListener {
  /** Looks at once: something was put on the queue in this process. */
  wake(): void;
  /** Receives no more. */
  stop(): void;
  /** Settles when every message received so far has been dealt with; after `stop` only. */
  drained(): Promise<void>;
}

/**
 * Receives in batches, starts every message at once, and asks for the next batch when no more than
 * `newBatchThreshold` are in work. An empty or absent queue, and a storage that does not answer,
 * are looked at again after a growing wait of at most `maxPollingInterval`.
 */
export function listenQueue(parts: QueueParts, fraction: () => number): QueueListener {
  const { settings } = parts;
  const delay = createPollingDelay(settings.maxPollingIntervalMs, fraction);
  const news = createLatch();
  const room = createLatch();
  const inWork = new Set<Promise<void>>();
  const stopping = new AbortController();

  const start = (message: DequeuedMessageItem): void => {
    const work = processMessage(parts, message)
      .catch((error: unknown) => {
        const text = `message ${message.messageId}: ${describeError(error)}`;
        parts.log("error", parts.name, text);
      })
      .finally(() => {
        inWork.delete(work);
        room.ring();
      });
    inWork.add(work);
  };
  const poll = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      if (inWork.size > settings.newBatchThreshold) {
        await room.wait(null);
        continue;
      }
      const messages = await receive(parts);
      for (const message of messages) start(message);
      if (messages.length > 0) delay.reset();
      else if (!stopping.signal.aborted) await news.wait(delay.nextMs());
    }
  };
  const polling = poll();
  return {
    wake() {
      delay.reset();
      news.ring();
    },
    stop() {
      stopping.abort();
      news.ring();
      room.ring();
    },
    async drained() {
      await polling;
      await Promise.all(inWork);
    },
  };
}

/**
 * None when the queue is empty or absent, or storage is out of reach; only the last is worth a
 * line.
 */
async function receive(parts: QueueParts): Promise<readonly DequeuedMessageItem[]> {
  try {
    const received = await parts.queue.receiveMessages({
      numberOfMessages: parts.settings.batchSize,
      visibilityTimeout: HIDDEN_SECONDS,
    });
    return received.receivedMessageItems;
  } catch (error) {
    if (!isGone(error)) {
      const text = error instanceof Error ? error.message : String(error);
      parts.log("warning", parts.name, `queue ${parts.queue.name} not readable: ${text}`);
    }
    return [];
  }
}
