import type { MemoryClock } from "../../local/memory/clock.ts";
import { createMemoryEvidence } from "../../local/memory/evidence.ts";
import type { ObservedClock } from "../../shared/azure/service-clock.ts";
import type { DrainBell } from "../../shared/ledger/outbox/message.ts";
import type {
  Bells,
  Defender,
  Download,
  EvidenceStore,
  Ledger,
  Random,
  Reply,
} from "../../shared/ports.ts";
import { LIBRARY } from "./library.ts";
import type { BenchQueue } from "./queue.ts";
import type { BenchTenant } from "./tenant.ts";

/** One table request, and either way of a POST: an API that answers after 0.1 to 1.5 s. */
export const TABLE_MS = [5, 20] as const;
const POST_THERE_MS = [50, 500] as const;
const POST_BACK_MS = [50, 1_000] as const;
const READ_MS = [100, 1_500] as const;
/** To write a small blob and commit it. */
const BLOB_MS = [10, 60] as const;

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

/** The two queues of the app: what is to be drained, and the sequences that owe results. */
export interface Queues {
  readonly queue: BenchQueue<DrainBell>;
  readonly results: BenchQueue<string>;
}

export function bellsOf({ queue, results }: Queues, clock: MemoryClock, random: Random): Bells {
  return {
    ringDrain: async (bell, delayMs) => {
      await clock.sleep(between(random, TABLE_MS));
      queue.send(bell, delayMs);
    },
    ringCollect: async (sequenceId, delayMs) => {
      await clock.sleep(between(random, TABLE_MS));
      results.send(sequenceId, delayMs);
    },
    ringCallback: async () => {
      throw new Error("nobody asked to be told");
    },
  };
}

/** The tenant as it is reached over the network: each call takes its time there and back. */
export function defenderOf(
  tenant: BenchTenant,
  {
    clock,
    random,
    listMachines = absent,
  }: Pick<Wire, "clock" | "random"> & {
    readonly listMachines?: Defender["listMachines"] | undefined;
  },
): Defender {
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
    resultLink: async (actionId) => await asked(() => tenant.link(actionId)),
    download: async (link) => await asked(() => fileOf(link)),
    readMachines: absent,
    findMachines: absent,
    listMachines: async (after) => {
      await clock.sleep(between(random, READ_MS));
      return await listMachines(after);
    },
    hunt: absent,
    listLibrary: async () => await asked(() => ({ kind: "answered", value: LIBRARY })),
  };
}

/** A store that takes as long as a blob service, and tells when each result was there. */
export function evidenceOf(
  { clock, random }: Pick<Wire, "clock" | "random">,
  storedAtMs: number[],
): EvidenceStore {
  const store = createMemoryEvidence();
  return {
    ...store,
    put: async (path, content) => {
      await clock.sleep(between(random, BLOB_MS));
      const came = await store.put(path, content);
      storedAtMs.push(clock.nowMs());
      return came;
    },
  };
}

/** A small file, with the bytes that tell it from others. */
function fileOf(link: string): Reply<Download> {
  async function* content(): AsyncIterable<Uint8Array> {
    yield Buffer.from(link);
  }
  const value = { fileName: "syslog", length: link.length, content: content() };
  return { kind: "answered", value };
}

async function absent() {
  return { kind: "absent", detail: "not measured" } as const;
}

/** Evenly between the two. */
export function between(random: Random, [from, to]: readonly [number, number]): number {
  return from + (to - from) * random.fraction();
}
