import { createEventHeap } from "../../local/memory/event-heap.ts";

/** A message as received. */
export interface Received<T> {
  readonly id: number;
  readonly body: T;
  readonly dequeueCount: number;
}

/** A storage queue in virtual time that stays quick with a hundred thousand messages. */
export interface BenchQueue<T> {
  /** Requests that its callers and its host have spent; empty ones are counted apart. */
  readonly counts: { requests: number; emptyReceives: number };
  send(body: T, delayMs: number): void;
  /** The longest visible messages, hidden from now for ten minutes. */
  receive(limit: number): Received<T>[];
  complete(id: number): void;
  /** Visible again after `delayMs`: what the host does with a message whose function threw. */
  release(id: number, delayMs: number): void;
}

interface Entry<T> {
  readonly id: number;
  readonly body: T;
  dequeueCount: number;
  visibleAtMs: number;
}

/** The Functions host hides what it received for ten minutes (webjobs-sdk). */
const HIDDEN_MS = 600_000;

/** Nobody in a measurement runs longer than that, so nothing is renewed. */
export function createBenchQueue<T>(nowMs: () => number): BenchQueue<T> {
  const entries = new Map<number, Entry<T>>();
  const counts = { requests: 0, emptyReceives: 0 };
  const found: Entry<T>[] = [];
  const order = createEventHeap();
  let sent = 0;
  const place = (entry: Entry<T>, visibleAtMs: number) => {
    entry.visibleAtMs = visibleAtMs;
    const act = () => {
      // Completed, or moved since: then this place in the order is void.
      if (entries.get(entry.id)?.visibleAtMs === visibleAtMs) found.push(entry);
    };
    order.add({ atMs: visibleAtMs, act });
  };
  return {
    counts,
    send: (body, delayMs) => {
      counts.requests += 1;
      sent += 1;
      const entry = { id: sent, body, dequeueCount: 0, visibleAtMs: 0 };
      entries.set(sent, entry);
      // On the wire the delay is whole seconds, rounded up.
      place(entry, nowMs() + Math.ceil(Math.max(0, delayMs) / 1_000) * 1_000);
    },
    receive: (limit) => {
      found.length = 0;
      while (found.length < limit && (order.peek()?.atMs ?? Infinity) <= nowMs()) {
        order.take()?.act();
      }
      if (found.length === 0) counts.emptyReceives += 1;
      else counts.requests += 1;
      return found.map((entry) => {
        place(entry, nowMs() + HIDDEN_MS);
        entry.dequeueCount += 1;
        return { id: entry.id, body: entry.body, dequeueCount: entry.dequeueCount };
      });
    },
    complete: (id) => {
      counts.requests += 1;
      entries.delete(id);
    },
    release: (id, delayMs) => {
      counts.requests += 1;
      const entry = entries.get(id);
      if (entry !== undefined) place(entry, nowMs() + delayMs);
    },
  };
}
