import type { Bells } from "../../shared/ports.ts";

/** Storage queues take at most seven days of invisibility. */
const DELAY_SECONDS_MAX = 604_800;
/** The Functions host hides what it received for ten minutes. */
const HIDDEN_MS = 600_000;

export type MemoryQueue = "drain" | "collect" | "callback";

/** A message as received: `body` is what its schema in `shared/ledger/outbox/message.ts` parses. */
export interface MemoryMessage {
  readonly id: number;
  readonly queue: MemoryQueue;
  readonly body: unknown;
  /** 1 for the first delivery. */
  readonly dequeueCount: number;
}

interface ReceiveOptions {
  /** Absent: all. */
  readonly queue?: MemoryQueue;
  /** At most so many messages; absent: all. */
  readonly limit?: number;
  /** Hides them for another time than the ten minutes of the Functions host. */
  readonly hiddenMs?: number;
}

/**
 * Three queues in virtual time, with the side of whoever receives. A message lives until
 * `complete`: at least once.
 */
export interface MemoryBells extends Bells {
  /**
   * The messages visible at `nowMs`, by when they became so. Each is hidden then for ten minutes,
   * after which it is delivered again unless it was completed.
   */
  receive(nowMs: number, options?: ReceiveOptions): MemoryMessage[];
  /** Deletes a message. Nothing happens if it is gone. */
  complete(id: number): void;
  /**
   * Makes a received message visible again, as the host does after a failure. Nothing happens if it
   * is gone.
   */
  release(id: number, visibleAtMs: number): void;
  /** When the next message becomes visible, or null if there is none at all. */
  nextVisibleAtMs(): number | null;
  /** How many messages there are, hidden ones included. */
  size(): number;
}

interface Entry {
  readonly id: number;
  readonly queue: MemoryQueue;
  readonly text: string;
  visibleAtMs: number;
  dequeueCount: number;
}

/**
 * Bells that ring in the time of `nowMs` (epoch milliseconds), in the same order for the same
 * calls.
 */
export function createMemoryBells(options: { readonly nowMs: () => number }): MemoryBells {
  const entries = new Map<number, Entry>();
  let sent = 0;
  const send = (queue: MemoryQueue, body: object, delayMs: number): void => {
    const seconds = Math.min(Math.max(0, Math.ceil(delayMs / 1_000)), DELAY_SECONDS_MAX);
    const visibleAtMs = options.nowMs() + seconds * 1_000;
    const text = JSON.stringify(body);
    sent += 1;
    entries.set(sent, { id: sent, queue, text, visibleAtMs, dequeueCount: 0 });
  };
  return {
    ringDrain: async (bell, delayMs) => send("drain", { v: 1, bell }, delayMs),
    ringCollect: async (sequenceId, delayMs) =>
      send("collect", { v: 1, collect: { sequenceId } }, delayMs),
    ringCallback: async (callback) => send("callback", { v: 1, callback }, 0),
    receive: (nowMs, { queue, limit = entries.size, hiddenMs = HIDDEN_MS } = {}) =>
      [...entries.values()]
        .filter((entry) => entry.visibleAtMs <= nowMs && entry.queue === (queue ?? entry.queue))
        .sort((a, b) => a.visibleAtMs - b.visibleAtMs || a.id - b.id)
        .slice(0, limit)
        .map((entry) => delivered(entry, nowMs + hiddenMs)),
    complete: (id) => {
      entries.delete(id);
    },
    release: (id, visibleAtMs) => {
      const entry = entries.get(id);
      if (entry !== undefined) entry.visibleAtMs = visibleAtMs;
    },
    nextVisibleAtMs: () => {
      let next: number | null = null;
      for (const { visibleAtMs } of entries.values()) {
        next = Math.min(next ?? visibleAtMs, visibleAtMs);
      }
      return next;
    },
    size: () => entries.size,
  };
}

function delivered(entry: Entry, hiddenUntilMs: number): MemoryMessage {
  entry.visibleAtMs = hiddenUntilMs;
  entry.dequeueCount += 1;
  const { id, queue, text, dequeueCount } = entry;
  return { id, queue, body: JSON.parse(text), dequeueCount };
}
