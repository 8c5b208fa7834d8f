import type { Caller } from "../../shared/access/caller.ts";
import type { Defender, Ports } from "../../shared/ports.ts";
import { createLookUpPayments } from "../../shared/store/look-up-payments.ts";
import { loadRound } from "../../shared/store/load-sweeps.ts";
import type { RoundRecord } from "../../shared/sweep/round.ts";
import { createCountedCommits } from "../../shared/workflow/accept/counted-commits.ts";
import { advanceSweeps } from "../../shared/workflow/sweep/advance.ts";
import { applySweep } from "../../shared/workflow/sweep/apply-sweep.ts";
import type { SweepPorts, SweepSettings } from "../../shared/workflow/sweep/ports.ts";
import { startRound } from "../../shared/workflow/sweep/steer-sweep.ts";
import { CATALOGUE } from "../drain/backlog.ts";
import { LINGER_MS, whileTimePasses } from "../drain/run-virtual.ts";
import { createVirtualWorld, type VirtualWorld } from "../drain/virtual-world.ts";
import { SHIPPED } from "../shipped-limits.ts";

const NAME = "bench";
const BY = { name: NAME, by: "bench" };
/** Machines on a page of Defender's list. */
const PAGE = 2_000;
/** Half a minute to a minute and a half: calls bind, not sessions. */
const SESSION_MS = [30_000, 90_000] as const;
export const MEAN_SESSION_MS = 60_000;

const CALLER: Caller = {
  name: "bench",
  all: false,
  may: ["incident.submit", "sweep.manage"],
  sources: ["generic"],
  profiles: null,
  callbacks: [],
  callbackSecret: [],
};

const MANY = 1_000_000;
const SETTINGS: SweepSettings = {
  limits: SHIPPED,
  expiryMs: 30 * 86_400_000,
  catalogue: CATALOGUE,
  routing: { rules: [] },
  scope: {},
  policy: null,
  approvalMs: 3_600_000,
  callers: [CALLER],
  caps: { perIncident: MANY, perCallerDay: MANY, perDay: MANY },
};

/** A world with a sweep over all its machines. */
export interface SweptWorld {
  readonly world: VirtualWorld;
  /** The one round, as it is now. */
  round(): Promise<RoundRecord>;
}

export interface Sweeping {
  readonly seed: number;
  readonly workers: number;
  readonly machineIds: readonly string[];
  /** The share of the tenant's calls that the sweep may have. */
  readonly share: number;
}

/** A world whose timer goes on with a round over all machines. It begins when the world starts. */
export async function createSweptWorld(options: Sweeping): Promise<SweptWorld> {
  const { seed, workers, machineIds, share } = options;
  const tenant = { ...SHIPPED, sessionMs: SESSION_MS, isOffline: () => false } as const;
  const world = createVirtualWorld({
    seed,
    workers,
    limits: SHIPPED,
    lingerMs: LINGER_MS,
    tenant: { ...tenant, command: "PutFile" },
    listMachines: pagesOf(machineIds, () => world.clock.nowMs()),
    alsoAtTick: async (ports) => await advanceSweeps(sweeping(ports), SETTINGS),
  });
  await whileTimePasses(world, begin(world.ports("accept"), share));
  return {
    world,
    round: async () => {
      const round = await loadRound(world.ledger, NAME, 1);
      if (round === null) throw new Error("no round");
      return round.value;
    },
  };
}

/** Applies the sweep and starts its one round. */
async function begin(ports: Ports, share: number): Promise<void> {
  const definition = {
    name: NAME,
    title: "All machines",
    profiles: ["sweep-put"],
    targets: { include: [{ names: ["*"] }] },
    share,
    expires: "30d",
  };
  const rawBody = new TextEncoder().encode(JSON.stringify(definition));
  const who = { caller: CALLER, objectId: null };
  const asked = { name: NAME, rawBody, who, replaces: null };
  const applied = await applySweep(ports, CATALOGUE, asked);
  const started = await startRound(ports, CATALOGUE, BY);
  if (applied.kind !== "applied" || started.kind !== "done") throw new Error("no round began");
}

function sweeping(ports: Ports): SweepPorts {
  const countedCommits = createCountedCommits(ports);
  return { ...ports, countedCommits, lookUpPayments: createLookUpPayments(ports, SHIPPED) };
}

/** Defender's list of these machines, all of which have just reported. */
function pagesOf(machineIds: readonly string[], nowMs: () => number): Defender["listMachines"] {
  return async (after) => {
    const from = Number(after ?? 0);
    const machines = machineIds.slice(from, from + PAGE).map((machineId, at) => ({
      machineId,
      name: `pc-${from + at}.contoso.example`,
      platform: "linux" as const,
      tags: [],
      group: null,
      health: "Active",
      onboarded: true,
      lastSeenAtMs: nowMs(),
      mergedInto: null,
    }));
    const next = from + PAGE < machineIds.length ? String(from + PAGE) : null;
    return { kind: "answered", value: { machines, next } };
  };
}
