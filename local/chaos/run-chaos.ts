import { randomBytes } from "node:crypto";
import { setTimeout as pass } from "node:timers/promises";
import type { FaultPlan } from "../defender-simulator/fault-plan.ts";
import { DEFAULT_LIMITS } from "../defender-simulator/options.ts";
import { sampleTenant } from "../defender-simulator/sample-tenant.ts";
import type { Simulator } from "../defender-simulator/simulator.ts";
import type { ChaosOptions } from "./chaos-options.ts";
import { startCloud } from "./cloud.ts";
import { gatherFacts, readRun, type Asked } from "./facts.ts";
import { makeMischief } from "./mischief.ts";
import { sendIncidents } from "./senders.ts";
import type { Facts, Sent } from "./verdict.ts";

export interface ChaosSurroundings extends ChaosOptions {
  /** The app's folder. */
  readonly root: string;
  /** Where everything is kept; empty at first. */
  readonly dataDir: string;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Chaos in three acts, and what is left to judge by. */
export interface Chaos {
  readonly simulator: Simulator;
  /** Sends incidents while hosts and storage come and go; returns when everything stands again. */
  rage(): Promise<void>;
  /** Waits until every run has ended, within a bound; what has not by then is for the judge. */
  settle(): Promise<void>;
  facts(): Promise<Facts>;
  stop(): Promise<void>;
}

/** A minute of the tenant takes 2 s: time enough for a host to die in between. */
const SPEED = 30;
const MACHINES = 60;
const SETTLE_MS = 240_000;
const POLL_EVERY_MS = 1_000;

/** Defender's answers go wrong, too; drawn from the seed. */
const TROUBLE: FaultPlan = [
  { on: "submit", fault: "drop-before", probability: 0.05 },
  { on: "submit", fault: "drop-after", probability: 0.05 },
  { on: "submit", fault: "500-after", probability: 0.05 },
  { on: "submit", fault: "slow-after", probability: 0.1, seconds: 90 },
  { on: "list", fault: "500", probability: 0.1 },
  { on: "list", fault: "truncated", probability: 0.05 },
  { on: "link", fault: "500", probability: 0.1 },
  { on: "download", fault: "truncated", probability: 0.1 },
  { on: "download", fault: "403", probability: 0.05 },
];

/** Starts everything. Throws if a part does not come up; nothing is left running then. */
export async function startChaos(surroundings: ChaosSurroundings): Promise<Chaos> {
  const { hosts, minutes, seed, root, dataDir, say, signal } = surroundings;
  say(`seed ${seed}: ${hosts} hosts, storage and Defender start; faults for ${minutes} minutes`);
  const tenant = sampleTenant({ machines: MACHINES, seed });
  const key = randomBytes(24).toString("base64url");
  const parts = { root, dataDir, tenant, seed, key, hosts, speed: SPEED, faults: TROUBLE };
  const cloud = await startCloud(parts);
  const [first] = cloud.places;
  let sent: readonly Sent[] = [];
  const asked = (): Asked => ({ url: first?.url() ?? "", key, dataDir });
  return {
    simulator: cloud.simulator,
    rage: async () => {
      const over = after(minutes * 60_000, signal);
      const sending = { places: cloud.places, key, machines: tenant.machines, seed, over, say };
      [sent] = await Promise.all([
        sendIncidents(sending),
        makeMischief({ cloud, seed, over, say }),
      ]);
      signal.throwIfAborted();
      say(`${sent.length} incidents were sent; there are no more faults`);
    },
    settle: async () => await settle(asked(), sent, surroundings),
    facts: async () => {
      const windowMs = (DEFAULT_LIMITS.windowSeconds * 1_000) / SPEED;
      const limit = { calls: DEFAULT_LIMITS.callsPerMinute, windowMs };
      return await gatherFacts(asked(), cloud.simulator, sent, limit);
    },
    stop: async () => await cloud.stop(),
  };
}

/**
 * Aborts after that time, or with the other. Not `AbortSignal.any` of a timeout: nothing holds that
 * one, so it can be collected before its time (Node 20).
 */
function after(ms: number, signal: AbortSignal): AbortSignal {
  const over = new AbortController();
  setTimeout(() => over.abort(), ms).unref();
  signal.addEventListener("abort", () => over.abort(), { once: true });
  return over.signal;
}

async function settle(
  asked: Asked,
  sent: readonly Sent[],
  { say, signal }: ChaosSurroundings,
): Promise<void> {
  const open = new Set(sent.flatMap(({ answers }) => answers.map(({ runId }) => runId)));
  const untilMs = performance.now() + SETTLE_MS;
  while (open.size > 0 && performance.now() < untilMs) {
    for (const runId of open) {
      const { state, sequences } = await readRun(asked, runId);
      if (state === "finished" && sequences.every(({ owed }) => owed === 0)) open.delete(runId);
    }
    await pass(POLL_EVERY_MS, undefined, { signal });
  }
  say(open.size === 0 ? "every run has ended" : `${open.size} runs have not ended in time`);
}
