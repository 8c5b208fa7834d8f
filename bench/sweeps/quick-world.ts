import { countedLedger } from "../../local/memory/counted-ledger.ts";
import { createMemoryLedger } from "../../local/memory/ledger.ts";
import { createSeededRandom } from "../../local/memory/random.ts";
import { laneRange, PLANNED, runIdOfPlanned, sequenceIdIn } from "../../shared/ledger/row/keys.ts";
import { readableSequence } from "../../shared/store/load.ts";
import { laneNumber } from "../../shared/plan/lane.ts";
import type { Ledger } from "../../shared/ports.ts";
import { moveSequence } from "../../shared/store/change-sequence.ts";
import { transact, usual, type Store } from "../../shared/store/transact.ts";
import { unfold } from "../../shared/store/unfold.ts";
import type { RoundRecord } from "../../shared/sweep/round.ts";
import { noDefender } from "../../test/workflow/no-defender.ts";
import { SHIPPED } from "../shipped-limits.ts";
import { beginRound, pagesOf, theRound, tickSweeps } from "./one-sweep.ts";

const START_MS = 1_800_000_000_000;
const TICK_MS = 60_000;

/** A world in which nothing is measured but the sweep: sequences end by themselves. */
export interface QuickWorld {
  /** Requests of the sweep to the ledger so far. */
  requests(): number;
  round(): Promise<RoundRecord>;
  /** One minute: a tick of the sweep, then ten sequences end that were sent before it. */
  tick(): Promise<void>;
  /** Lets time pass in which nothing ticks. */
  pass(ms: number): void;
}

export interface QuickOptions {
  readonly machineIds: readonly string[];
  readonly share: number;
  /** Where the rows are; in this process if absent. */
  readonly ledger?: Ledger;
}

/** A round over these machines has begun. No request takes any time. */
export async function createQuickWorld(options: QuickOptions): Promise<QuickWorld> {
  const time = { ms: START_MS };
  const count = { requests: 0 };
  const nowMs = () => time.ms;
  const rows = withoutReadings(options.ledger ?? createMemoryLedger());
  const clock = {
    earliest: nowMs,
    latest: nowMs,
    monotonicMs: nowMs,
    sleep: async () => undefined,
  };
  const store = { ledger: rows, clock, random: createSeededRandom(3), log: () => undefined };
  const bells = { ringDrain: quiet, ringCollect: quiet, ringCallback: quiet };
  const ports = {
    ...store,
    ledger: countedLedger(rows, () => void (count.requests += 1)),
    bells,
    defender: { ...noDefender(), listMachines: pagesOf(options.machineIds, nowMs) },
  };
  await beginRound(store, options);
  return {
    requests: () => count.requests,
    round: async () => await theRound(rows),
    tick: async () => {
      await tickSweeps(ports);
      await endSome(store);
      time.ms += TICK_MS;
    },
    pass: (ms) => void (time.ms += ms),
  };
}

/** Nobody listens: what a bell would start is done at each tick. */
const quiet = async () => undefined;

/** Rows that nobody reads here, and that would be most of the memory after some hours. */
const READINGS = /^(history|hostname|audit|summary|team|over)!/;

function withoutReadings(ledger: Ledger): Ledger {
  return {
    ...ledger,
    commit: async (changes) => {
      const kept = changes.filter(({ key }) => !READINGS.test(key));
      if (kept.length > 0) return await ledger.commit(kept);
      return { kind: "committed", etags: new Map() };
    },
  };
}

const LANE = laneRange(laneNumber("sweep"));

/** As many as the calls of a window let in, the oldest first; what was sent now goes on. */
async function endSome(store: Store & { readonly log: () => void }): Promise<void> {
  const { ledger } = store;
  const ready = await ledger.list(LANE.from, LANE.before, SHIPPED.callsPerWindow);
  const ids = ready.map(({ key }) => sequenceIdIn(key));
  await transact(store, usual("sequences"), async (tx) => {
    for (const id of ids) {
      const before = await readableSequence(tx, id);
      if (before === null) continue;
      const endedAtMs = Math.floor(store.clock.earliest());
      const after = { ...before.value, state: "succeeded", place: null, endedAtMs } as const;
      await moveSequence(tx, { before, after, nowMs: endedAtMs });
    }
  });
  const planned = await ledger.list(PLANNED.from, PLANNED.before, SHIPPED.readsPerMinute);
  const runs = new Set(planned.map(({ key }) => runIdOfPlanned(key)));
  for (const runId of runs) await unfold(store, runId);
}
