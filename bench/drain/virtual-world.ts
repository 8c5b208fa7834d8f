import { noPoison } from "../../local/memory/no-poison.ts";
import { createMemoryClock, type MemoryClock } from "../../local/memory/clock.ts";
import { createMemoryLedger } from "../../local/memory/ledger.ts";
import { createMemoryRows } from "../../local/memory/rows.ts";
import { createSeededRandom } from "../../local/memory/random.ts";
import { createServiceClock } from "../../shared/azure/service-clock.ts";
import { PLATFORMS } from "../../shared/incident/incident.ts";
import type { DrainBell } from "../../shared/ledger/outbox/message.ts";
import type { Limits } from "../../shared/limits/pace/limits.ts";
import type { Defender, EvidenceStore, Ledger, Ports, Random } from "../../shared/ports.ts";
import { collect } from "../../shared/workflow/collect/collect.ts";
import { drain } from "../../shared/workflow/submit/drain.ts";
import { createWatch } from "../../shared/workflow/poll/watch.ts";
import { tellState } from "../../shared/workflow/view/tell-state.ts";
import { within, type Life } from "./life.ts";
import { LIBRARY_RULES } from "./library.ts";
import { startListener } from "./listener.ts";
import { createBenchQueue, type BenchQueue } from "./queue.ts";
import { createBenchTenant, type BenchTenant, type TenantRules } from "./tenant.ts";
import { watched } from "./watched-ledger.ts";
import { bellsOf, between, defenderOf, evidenceOf, ledgerOf, type Worker } from "./wire.ts";

/** Whose requests are counted apart. */
type Who = "accept" | "drain" | "poll" | "collect" | "sweep";

/** Storage requests by who made them; a transaction is one. */
export type Spent = Record<Who, number>;

export interface VirtualWorldOptions {
  readonly seed: number;
  readonly workers: number;
  readonly limits: Limits;
  readonly lingerMs: number;
  readonly tenant: TenantRules;
  /** Pages of all machines of the tenant; absent if nobody asks for them. */
  readonly listMachines?: Defender["listMachines"];
  /** What each tick of the timer does beside the watch: the sweeps. */
  readonly alsoAtTick?: (ports: Ports) => Promise<unknown>;
}

/** Workers, storage and tenant in virtual time; nothing runs before `start`. */
export interface VirtualWorld {
  readonly clock: MemoryClock;
  readonly tenant: BenchTenant;
  readonly queue: BenchQueue<DrainBell>;
  readonly results: BenchQueue<string>;
  /** The rows, at no cost: for who measures. */
  readonly ledger: Ledger;
  /** When the last byte of each result was stored. */
  readonly storedAtMs: readonly number[];
  readonly spent: Spent;
  /** The same by who, what and on which kind of row: where requests go, when there are too many. */
  readonly spentOn: ReadonlyMap<string, number>;
  readonly counts: { ticks: number; polls: number; moved: number };
  /** When the ledger knew of each machine that its sequence had ended. */
  readonly endedAtMs: ReadonlyMap<string, number>;
  /** The ports of one call of a function on any worker. */
  ports(who: Who): Ports;
  /** Begins to listen to the queue, and the ticks of the timer. */
  start(): void;
  /** Kills all workers in the middle of what they do; others start ten seconds later. */
  kill(): void;
}

/** Any instant will do; this one is far from 0, as real ones are. */
const START_MS = 1_800_000_000_000;
/** POLL_SCHEDULE as recommended, and WATCH_SECONDS as shipped. */
const TICK_EVERY_MS = 60_000;
const WATCH_MS = 55_000;
/** From a kill until the platform has started others. */
const RESTART_MS = 10_000;

/** The production workflows on memory ports, with the latencies of the real ones. */
export function createVirtualWorld(options: VirtualWorldOptions): VirtualWorld {
  const outside = createOutside(options);
  const { clock, random } = outside;
  const newFleet = (): Fleet => ({
    workers: Array.from({ length: options.workers }, () => newWorker(clock, random)),
    life: { isOver: false },
  });
  let fleet = newFleet();
  return {
    ...outside,
    ports: (who) => portsOf(outside, fleet, anyWorker(fleet, random), who),
    start: () => startFleet(outside, fleet, options),
    kill: () => {
      fleet.life.isOver = true;
      clock.at(clock.nowMs() + RESTART_MS, () => {
        fleet = newFleet();
        startFleet(outside, fleet, options);
      });
    },
  };
}

/** What no kill reaches, and what is counted. */
interface Outside extends Omit<VirtualWorld, "ports" | "start" | "kill"> {
  readonly random: Random;
  readonly defender: Defender;
  readonly evidence: EvidenceStore;
  readonly spentOn: Map<string, number>;
}

/** The workers that were started together, and are killed together. */
interface Fleet {
  readonly workers: readonly Worker[];
  readonly life: Life;
}

function createOutside({ seed, tenant: rules, listMachines }: VirtualWorldOptions): Outside {
  const clock = createMemoryClock({ startMs: START_MS, settle: settled });
  const random = createSeededRandom(seed);
  const nowMs = () => clock.nowMs();
  const endedAtMs = new Map<string, number>();
  const storedAtMs: number[] = [];
  const tenant = createBenchTenant(rules, nowMs, createSeededRandom(seed + 1));
  return {
    clock,
    random,
    tenant,
    ledger: watched(createMemoryLedger(), (machineId) => void endedAtMs.set(machineId, nowMs())),
    queue: createBenchQueue(nowMs),
    results: createBenchQueue(nowMs),
    evidence: evidenceOf({ clock, random }, storedAtMs),
    storedAtMs,
    defender: defenderOf(tenant, { clock, random, listMachines }),
    spent: { accept: 0, drain: 0, poll: 0, collect: 0, sweep: 0 },
    spentOn: new Map(),
    counts: { ticks: 0, polls: 0, moved: 0 },
    endedAtMs,
  };
}

function anyWorker({ workers }: Fleet, random: Random): Worker {
  const worker = workers[Math.floor(random.fraction() * workers.length)];
  if (worker === undefined) throw new Error("no worker");
  return worker;
}

function portsOf(outside: Outside, { life }: Fleet, worker: Worker, who: Who): Ports {
  const { clock, random, spent, spentOn } = outside;
  const spend = (on: string): void => {
    spent[who] += 1;
    spentOn.set(`${who} ${on}`, (spentOn.get(`${who} ${on}`) ?? 0) + 1);
  };
  return {
    ledger: within(life, ledgerOf(outside.ledger, worker, { clock, random, spend })),
    bells: within(life, bellsOf(outside, clock, random)),
    poison: noPoison,
    defender: within(life, outside.defender),
    clock: within(life, worker.observed.clock),
    random,
    log: () => {},
    evidence: within(life, outside.evidence),
    rows: createMemoryRows(),
    callbacks: { send: async () => ({ kind: "unavailable", detail: "not measured" }) },
  };
}

/** Each worker listens to the queue, and one of them polls. */
function startFleet(
  outside: Outside,
  fleet: Fleet,
  { limits, lingerMs, alsoAtTick }: VirtualWorldOptions,
): void {
  const { clock, queue, results, random } = outside;
  const collecting = { limits, version: "bench", commit: "bench", catalogue: new Map() };
  const draining = {
    limits,
    lingerMs,
    scope: {},
    factsAgeMs: 600_000,
    library: LIBRARY_RULES,
    platformsOf: () => PLATFORMS,
  };
  for (const worker of fleet.workers) {
    // The platform never runs the timer in the process of another function.
    const watch = watchOf(outside, fleet, worker, limits);
    startListener(queue, clock, fleet.life, async ({ body }) => {
      const ports = portsOf(outside, fleet, worker, "drain");
      await drain(ports, { ...draining, watch }, body);
    });
    startListener(results, clock, fleet.life, async ({ body }) => {
      await collect(portsOf(outside, fleet, worker, "collect"), collecting, body);
    });
  }
  // A timer is a singleton: it stays with the instance that holds its lock.
  const timerWorker = anyWorker(fleet, random);
  const watch = watchOf(outside, fleet, timerWorker, limits);
  startTimer(clock, fleet.life, async () => {
    outside.counts.ticks += 1;
    const ports = portsOf(outside, fleet, timerWorker, "sweep");
    await Promise.all([alsoAtTick?.(ports), watch()]);
  });
}

function watchOf(outside: Outside, fleet: Fleet, worker: Worker, limits: Limits) {
  const watch = createWatch(limits, WATCH_MS, tellState, LIBRARY_RULES);
  return async (): Promise<void> => {
    const { polls, moved } = await watch(portsOf(outside, fleet, worker, "poll"));
    outside.counts.polls += polls;
    outside.counts.moved += moved;
  };
}

/** The timer of one host: it never overlaps itself. */
function startTimer(clock: MemoryClock, life: Life, act: () => Promise<void>): void {
  let isRunning = false;
  const tick = (): void => {
    if (life.isOver) return;
    clock.at(clock.nowMs() + TICK_EVERY_MS, tick);
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

/** Node runs a tick only when no promise is left to settle, and nothing here waits for more. */
export async function settled(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.nextTick(resolve);
  });
}
