import { createMemoryClock, type MemoryClock } from "../../local/memory/clock.ts";
import { createMemoryLedger } from "../../local/memory/ledger.ts";
import { createSeededRandom } from "../../local/memory/random.ts";
import { createServiceClock } from "../../shared/azure/service-clock.ts";
import type { DrainBell } from "../../shared/ledger/outbox/message.ts";
import type { Limits } from "../../shared/limits/pace/limits.ts";
import type { Ports, Random } from "../../shared/ports.ts";
import { drain } from "../../shared/workflow/submit/drain.ts";
import { createRestedPoll } from "../../shared/workflow/poll/poll-timer.ts";
import { within, type Life } from "./life.ts";
import { startListener } from "./listener.ts";
import { createBenchQueue, type BenchQueue } from "./queue.ts";
import { createBenchTenant, type BenchTenant, type TenantRules } from "./tenant.ts";
import { bellsOf, between, defenderOf, ledgerOf, type Worker } from "./wire.ts";

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
  /** Kills all workers in the middle of what they do; others start ten seconds later. */
  kill(): void;
}

/** Any instant will do; this one is far from 0, as real ones are. */
const START_MS = 1_800_000_000_000;
/** POLL_SCHEDULE as recommended. */
const POLL_EVERY_MS = 5_000;
/** From a kill until the platform has started others. */
const RESTART_MS = 10_000;

/** The production workflows on memory ports, with the latencies of the real ones. */
export function createVirtualWorld(options: VirtualWorldOptions): VirtualWorld {
  const clock = createMemoryClock({ startMs: START_MS, settle: settled });
  const random = createSeededRandom(options.seed);
  const nowMs = () => clock.nowMs();
  const ledger = createMemoryLedger();
  const queue = createBenchQueue<DrainBell>(nowMs);
  const tenant = createBenchTenant(options.tenant, nowMs, createSeededRandom(options.seed + 1));
  const spent: Spent = { accept: 0, drain: 0, poll: 0 };
  const spentOn = new Map<string, number>();
  const counts = { polls: 0, moved: 0 };
  const defender = defenderOf(tenant, clock, random);
  let workers = Array.from({ length: options.workers }, () => newWorker(clock, random));
  let life: Life = { isOver: false };
  const portsOn = (worker: Worker, who: Who): Ports => ({
    ledger: within(
      life,
      ledgerOf(ledger, worker, {
        clock,
        random,
        spend: (on) => {
          spent[who] += 1;
          spentOn.set(`${who} ${on}`, (spentOn.get(`${who} ${on}`) ?? 0) + 1);
        },
      }),
    ),
    bells: within(life, bellsOf(queue, clock, random)),
    defender: within(life, defender),
    clock: within(life, worker.observed.clock),
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
  const start = (): void => {
    for (const worker of workers) {
      startListener(queue, clock, life, async ({ body }) => {
        await drain(portsOn(worker, "drain"), { limits, lingerMs, scope: {} }, body);
      });
    }
    // A timer is a singleton: it stays with the instance that holds its lock.
    const timerWorker = any();
    const restedPoll = createRestedPoll(limits);
    startTimer(clock, life, async () => {
      counts.polls += 1;
      const report = await restedPoll(portsOn(timerWorker, "poll"));
      counts.moved += report?.moved ?? 0;
    });
  };
  return {
    clock,
    tenant,
    queue,
    spent,
    spentOn,
    counts,
    ports: (who) => portsOn(any(), who),
    start,
    kill: () => {
      life.isOver = true;
      clock.at(clock.nowMs() + RESTART_MS, () => {
        life = { isOver: false };
        workers = workers.map(() => newWorker(clock, random));
        start();
      });
    },
  };
}

/** The timer of one host: it never overlaps itself. */
function startTimer(clock: MemoryClock, life: Life, act: () => Promise<void>): void {
  let isRunning = false;
  const tick = (): void => {
    if (life.isOver) return;
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

const unused = {
  put: async () => {
    throw new Error("nothing is collected here");
  },
  open: async () => null,
} as const;

/** Node runs a tick only when no promise is left to settle, and nothing here waits for more. */
export async function settled(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.nextTick(resolve);
  });
}
