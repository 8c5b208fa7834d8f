import { createMemoryClock, type MemoryClock } from "../../local/memory/clock.ts";
import { createMemoryLedger } from "../../local/memory/ledger.ts";
import { createSeededRandom } from "../../local/memory/random.ts";
import { createServiceClock, type ObservedClock } from "../../shared/azure/service-clock.ts";
import type { DrainBell } from "../../shared/ledger/message.ts";
import type { Limits } from "../../shared/limits/limits.ts";
import type { Bells, Defender, Ledger, Ports, Random } from "../../shared/ports.ts";
import { drain } from "../../shared/workflow/drain.ts";
import { createRestedPoll } from "../../shared/workflow/rested-poll.ts";
import { startListener } from "./listener.ts";
import { createBenchQueue, type BenchQueue } from "./queue.ts";
import { createBenchTenant, type BenchTenant, type TenantRules } from "./tenant.ts";

/** Whose requests are counted apart. */
type Who = "accept" | "drain" | "poll";

/** Storage requests by who made them; a transaction is one. */
export type Spent = Record<Who, number>;

export interface VirtualWorldOptions {
  readonly seed: number;
  readonly workers: number;
  readonly limits: Limits;
  readonly lingerMs: number;
  readonly tenant: TenantRules;
}

/** Workers, storage and tenant in virtual time; nothing runs before `start`. */
export interface VirtualWorld {
  readonly clock: MemoryClock;
  readonly tenant: BenchTenant;
  readonly queue: BenchQueue<DrainBell>;
  readonly spent: Spent;
  /** The same by who, what and on which kind of row: where requests go, when there are too many. */
  readonly spentOn: ReadonlyMap<string, number>;
  readonly counts: { polls: number; moved: number };
  /** The ports of one call of a function on any worker. */
  ports(who: Who): Ports;
  /** Begins to listen to the queue and to poll every 5 s. */
  start(): void;
}

/** Any instant will do; this one is far from 0, as real ones are. */
const START_MS = 1_800_000_000_000;
/** One table request, and either way of a POST: an API that answers after 0.1 to 1.5 s. */
const TABLE_MS = [5, 20] as const;
const POST_THERE_MS = [50, 500] as const;
const POST_BACK_MS = [50, 1_000] as const;
const READ_MS = [100, 1_500] as const;
/** POLL_SCHEDULE as recommended. */
const POLL_EVERY_MS = 5_000;

interface Worker {
  readonly observed: ObservedClock;
  /** How far its front end of the table service is off, milliseconds. */
  readonly frontEndMs: number;
}

/** The production workflows on memory ports, with the latencies of the real ones. */
export function createVirtualWorld(options: VirtualWorldOptions): VirtualWorld {
  const clock = createMemoryClock({ startMs: START_MS, settle });
  const random = createSeededRandom(options.seed);
  const nowMs = () => clock.nowMs();
  const ledger = createMemoryLedger();
  const queue = createBenchQueue<DrainBell>(nowMs);
  const tenant = createBenchTenant(options.tenant, nowMs, createSeededRandom(options.seed + 1));
  const workers = Array.from({ length: options.workers }, () => newWorker(clock, random));
  const spent: Spent = { accept: 0, drain: 0, poll: 0 };
  const spentOn = new Map<string, number>();
  const counts = { polls: 0, moved: 0 };
  const defender = defenderOf(tenant, clock, random);
  const portsOn = (worker: Worker, who: Who): Ports => ({
    ledger: ledgerOf(ledger, worker, {
      clock,
      random,
      spend: (on) => {
        spent[who] += 1;
        spentOn.set(`${who} ${on}`, (spentOn.get(`${who} ${on}`) ?? 0) + 1);
      },
    }),
    bells: bellsOf(queue, clock, random),
    defender,
    clock: worker.observed.clock,
    random,
    log: () => {},
    evidence: unused,
    callbacks: { send: async () => ({ kind: "unavailable", detail: "not measured" }) },
  });
  const any = (): Worker => {
    const worker = workers[Math.floor(random.fraction() * workers.length)];
    if (worker === undefined) throw new Error("no worker");
    return worker;
  };
  const { limits, lingerMs } = options;
  // A timer is a singleton: it stays with the instance that holds its lock.
  const timerWorker = any();
  const restedPoll = createRestedPoll(limits);
  const pollOnce = async (): Promise<void> => {
    counts.polls += 1;
    const report = await restedPoll(portsOn(timerWorker, "poll"));
    counts.moved += report?.moved ?? 0;
  };
  return {
    clock,
    tenant,
    queue,
    spent,
    spentOn,
    counts,
    ports: (who) => portsOn(any(), who),
    start: () => {
      for (const worker of workers) {
        startListener(queue, clock, async ({ body }) => {
          await drain(portsOn(worker, "drain"), { limits, lingerMs, scope: {} }, body);
        });
      }
      startTimer(clock, pollOnce);
    },
  };
}

/** The timer of one host: it never overlaps itself. */
function startTimer(clock: MemoryClock, act: () => Promise<void>): void {
  let isRunning = false;
  const tick = (): void => {
    clock.at(clock.nowMs() + POLL_EVERY_MS, tick);
    if (isRunning) return;
    isRunning = true;
    void act().then(() => {
      isRunning = false;
    });
  };
  tick();
}

/** Monotonic clocks start anywhere and run 100 ppm wrong; front ends differ by up to 250 ms. */
function newWorker(clock: MemoryClock, random: Random): Worker {
  const originMs = random.fraction() * 1e9;
  const rate = 1 + between(random, [-1e-4, 1e-4]);
  const observed = createServiceClock({
    monotonicMs: () => originMs + (clock.nowMs() - START_MS) * rate,
    sleep: async (ms) => await clock.sleep(ms),
  });
  return { observed, frontEndMs: between(random, [-125, 125]) };
}

interface Wire {
  readonly clock: MemoryClock;
  readonly random: Random;
  readonly spend: (on: string) => void;
}

function ledgerOf(ledger: Ledger, worker: Worker, { clock, random, spend }: Wire): Ledger {
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
function bellsOf(queue: BenchQueue<DrainBell>, clock: MemoryClock, random: Random): Bells {
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

function defenderOf(tenant: BenchTenant, clock: MemoryClock, random: Random): Defender {
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
    getAction: absent,
    resultLink: absent,
    download: absent,
    findMachines: absent,
    getMachine: absent,
  };
}

async function absent() {
  return { kind: "absent", detail: "not measured" } as const;
}

const unused = {
  put: async () => {
    throw new Error("nothing is collected here");
  },
  open: async () => null,
} as const;

/** Evenly between the two. */
export function between(random: Random, [from, to]: readonly [number, number]): number {
  return from + (to - from) * random.fraction();
}

/** Node runs a tick only when no promise is left to settle, and nothing here waits for more. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.nextTick(resolve);
  });
}
