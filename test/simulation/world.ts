import type { MemoryClock } from "../../local/memory/clock.ts";
import type { MemoryEvidence } from "../../local/memory/evidence.ts";
import type { MemoryLedger } from "../../local/memory/ledger.ts";
import type { Ledger, Ports, Random, RowStore } from "../../shared/ports.ts";
import type { FaultPlan } from "./faults.ts";
import type { Epoch, Hosts } from "./hosts.ts";
import type { Court } from "./invariants.ts";
import type { Interruptions } from "./interruptions.ts";
import type { Judge } from "./judge.ts";
import type { Queue } from "./queue.ts";
import type { Receivers } from "./receivers.ts";
import type { Scenario } from "./scenario.ts";
import type { Tenant } from "./tenant.ts";

/** What came of one call of a function: its value, or an exception. */
export type Done<T> = { readonly kind: "done"; readonly value: T } | { readonly kind: "threw" };

/** Hosts, storage, tenant and judge of one simulation. */
export interface World {
  readonly scenario: Scenario;
  readonly startMs: number;
  readonly clock: MemoryClock;
  readonly memory: MemoryLedger;
  /** The ledger as hosts reach it, with a judge looking on. */
  readonly ledger: Ledger;
  /** The same for hosts of the newer version, which adds fields to what it writes. */
  readonly newerLedger: Ledger;
  readonly evidence: MemoryEvidence;
  readonly rows: RowStore;
  readonly queue: Queue;
  readonly queued: () => number;
  readonly hosts: Hosts;
  readonly tenant: Tenant;
  readonly receivers: Receivers;
  readonly faults: FaultPlan;
  readonly interruptions: Interruptions;
  readonly latency: Random;
  /** The same for the store of rows, so that all others stay as they were. */
  readonly rowLatency: Random;
  /** How long connections to Defender take to stand. */
  readonly connecting: Random;
  readonly hostRandom: Random;
  readonly nonces: Random;
  readonly court: Court;
  readonly judge: Judge;
  readonly counts: { drains: number; collects: number; polls: number };
  /** Runs a function on a host with ports of its own. Never ends if the host dies. */
  invoke<T>(epoch: Epoch, run: (ports: Ports) => Promise<T>): Promise<Done<T>>;
}

/** Stands between the workflows and the simulated world, and sees what they do. */
export type Wrap = (ports: Ports, world: World) => Ports;
