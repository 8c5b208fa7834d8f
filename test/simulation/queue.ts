import type { MemoryBells, MemoryMessage } from "../../local/memory/bells.ts";
import type { MemoryClock } from "../../local/memory/clock.ts";
import type { Bells, Random } from "../../shared/ports.ts";
import type { Epoch, Hosts } from "./hosts.ts";
import { between, chance } from "./streams.ts";

/**
 * As host.json has it: an idle host looks at least every 2 s, a failed message is hidden 30 s, the
 * fifth failure is the last.
 */
const POLL_EVERY_MS = 2_000;
const HIDDEN_AFTER_FAILURE_MS = 30_000;
const FAILURES_MAX = 5;
const HIDDEN_MS = 600_000;
const RENEW_AFTER_MS = 300_000;

/** The two queues, and the Functions hosts that serve them. */
export interface Queue extends Bells {
  /** Messages that failed for the last time. */
  readonly poisoned: number;
  /** How often a message was delivered. */
  readonly delivered: number;
}

/** What a host does with a message; `failed` is an invocation that threw. */
export type Serve = (epoch: Epoch, message: MemoryMessage) => Promise<"completed" | "failed">;

/**
 * Delivers messages when they are visible, to any host alive; now and then the same one twice at
 * once.
 */
export function createQueue(
  parts: { bells: MemoryBells; clock: MemoryClock; hosts: Hosts; random: Random },
  twice: () => number,
  serve: Serve,
): Queue {
  const { bells, clock, hosts, random } = parts;
  const counts = { poisoned: 0, delivered: 0 };
  const receiveAt = (atMs: number): void => {
    clock.at(atMs + between(random, 0, POLL_EVERY_MS), receive);
  };
  const receive = (): void => {
    const epoch = hosts.any();
    if (epoch === null) return receiveAt(clock.nowMs() + 1_000);
    for (const message of bells.receive(clock.nowMs())) {
      deliver(epoch, message);
      if (chance(random, twice())) deliver(hosts.any() ?? epoch, message);
    }
  };
  const deliver = (epoch: Epoch, message: MemoryMessage): void => {
    receiveAt(clock.nowMs() + HIDDEN_MS);
    if (message.dequeueCount > FAILURES_MAX) return poison(message);
    counts.delivered += 1;
    const life = { over: false };
    renew(epoch, message, life);
    void serve(epoch, message).then((outcome) => {
      life.over = true;
      if (outcome === "completed") return bells.complete(message.id);
      if (message.dequeueCount >= FAILURES_MAX) return poison(message);
      bells.release(message.id, clock.nowMs() + HIDDEN_AFTER_FAILURE_MS);
      return receiveAt(clock.nowMs() + HIDDEN_AFTER_FAILURE_MS);
    });
  };
  const poison = (message: MemoryMessage): void => {
    counts.poisoned += 1;
    bells.complete(message.id);
  };
  /** A host that stands still or is dead renews nothing. */
  const renew = (epoch: Epoch, message: MemoryMessage, life: { over: boolean }): void => {
    clock.at(clock.nowMs() + RENEW_AFTER_MS, () => {
      if (life.over || !epoch.alive || epoch.frozenUntilMs > clock.nowMs()) return;
      bells.release(message.id, clock.nowMs() + HIDDEN_MS);
      receiveAt(clock.nowMs() + HIDDEN_MS);
      renew(epoch, message, life);
    });
  };
  return {
    ringDrain: async (bell, delayMs) => {
      await bells.ringDrain(bell, delayMs);
      receiveAt(clock.nowMs() + Math.ceil(delayMs / 1_000) * 1_000);
    },
    ringCollect: async (sequenceId, delayMs) => {
      await bells.ringCollect(sequenceId, delayMs);
      receiveAt(clock.nowMs() + Math.ceil(delayMs / 1_000) * 1_000);
    },
    ringCallback: async (bell) => {
      await bells.ringCallback(bell);
      receiveAt(clock.nowMs());
    },
    get poisoned() {
      return counts.poisoned;
    },
    get delivered() {
      return counts.delivered;
    },
  };
}
