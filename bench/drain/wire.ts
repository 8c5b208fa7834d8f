import type { MemoryClock } from "../../local/memory/clock.ts";
import type { ObservedClock } from "../../shared/azure/service-clock.ts";
import type { DrainBell } from "../../shared/ledger/outbox/message.ts";
import type { Bells, Defender, Ledger, Random } from "../../shared/ports.ts";
import type { BenchQueue } from "./queue.ts";
import type { BenchTenant } from "./tenant.ts";

/** One table request, and either way of a POST: an API that answers after 0.1 to 1.5 s. */
export const TABLE_MS = [5, 20] as const;
const POST_THERE_MS = [50, 500] as const;
const POST_BACK_MS = [50, 1_000] as const;
const READ_MS = [100, 1_500] as const;

/** One worker's view of the time of the table service. */
export interface Worker {
  readonly observed: ObservedClock;
  /** How far its front end of the table service is off, milliseconds. */
  readonly frontEndMs: number;
}

interface Wire {
  readonly clock: MemoryClock;
  readonly random: Random;
  readonly spend: (on: string) => void;
}

/** The ledger as a worker reaches it; `spend` is told of each request, and on which kind of row. */
export function ledgerOf(ledger: Ledger, worker: Worker, { clock, random, spend }: Wire): Ledger {
  const timed = async <T>(on: string, act: () => Promise<T>): Promise<T> => {
    spend(on);
    const { observed, frontEndMs } = worker;
    const sentAtMs = observed.clock.monotonicMs();
    await clock.sleep(between(random, TABLE_MS) / 2);
    const dateMs = Math.floor((clock.nowMs() + frontEndMs) / 1_000) * 1_000;
    const value = await act();
    await clock.sleep(between(random, TABLE_MS) / 2);
    observed.observe({ sentAtMs, receivedAtMs: observed.clock.monotonicMs(), dateMs });
    return value;
  };
  return {
    read: async (key) => await timed(`read ${kindOf(key)}`, async () => await ledger.read(key)),
    list: async (from, before, limit) =>
      await timed(`list ${kindOf(from)}`, async () => await ledger.list(from, before, limit)),
    commit: async (changes) =>
      await timed(`commit of ${changes.length}`, async () => await ledger.commit(changes)),
  };
}

function kindOf(key: string): string {
  return key.split("!")[0] ?? key;
}

/** Only drains are rung for here: no command leaves a result, and nobody asked to be told. */
export function bellsOf(queue: BenchQueue<DrainBell>, clock: MemoryClock, random: Random): Bells {
  return {
    ringDrain: async (bell, delayMs) => {
      await clock.sleep(between(random, TABLE_MS));
      queue.send(bell, delayMs);
    },
    ringCollect: async () => {
      throw new Error("no result is expected here");
    },
    ringCallback: async () => {
      throw new Error("nobody asked to be told");
    },
  };
}

/** The tenant as it is reached over the network: each call takes its time there and back. */
export function defenderOf(tenant: BenchTenant, clock: MemoryClock, random: Random): Defender {
  const asked = async <T>(act: () => T): Promise<T> => {
    await clock.sleep(between(random, READ_MS) / 2);
    const value = act();
    await clock.sleep(between(random, READ_MS) / 2);
    return value;
  };
  return {
    prepare: async () => ({ kind: "answered", value: null }),
    submit: async (machineId, _commands, comment) => {
      await clock.sleep(between(random, POST_THERE_MS));
      const answer = tenant.submit(machineId, comment);
      await clock.sleep(between(random, POST_BACK_MS));
      return answer;
    },
    listActions: async (sinceMs) => await asked(() => tenant.listActions(sinceMs)),
    listPending: async () => await asked(() => tenant.listPending()),
    cancelAction: async (actionId) => await asked(() => tenant.cancel(actionId)),
    machinesSeenSince: async () => ({ kind: "answered", value: [] }),
    getAction: async (actionId) => await asked(() => tenant.getAction(actionId)),
    resultLink: absent,
    download: absent,
    readMachines: absent,
    findMachines: absent,
  };
}

async function absent() {
  return { kind: "absent", detail: "not measured" } as const;
}

/** Evenly between the two. */
export function between(random: Random, [from, to]: readonly [number, number]): number {
  return from + (to - from) * random.fraction();
}
