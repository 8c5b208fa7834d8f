import type { Caller } from "../../shared/access/caller.ts";
import type { Ports } from "../../shared/ports.ts";
import { createLookUpPayments } from "../../shared/store/look-up-payments.ts";
import { loadRound, loadSweep } from "../../shared/store/load-sweeps.ts";
import { msOf } from "../../shared/sweep/duration.ts";
import { createCountedCommits } from "../../shared/workflow/accept/counted-commits.ts";
import { advanceSweeps } from "../../shared/workflow/sweep/advance.ts";
import { applySweep } from "../../shared/workflow/sweep/apply-sweep.ts";
import type { SweepPorts, SweepSettings } from "../../shared/workflow/sweep/ports.ts";
import { rerunRound } from "../../shared/workflow/sweep/rerun-round.ts";
import { pauseRound, resumeRound, stopRound } from "../../shared/workflow/sweep/steer-round.ts";
import {
  deleteSweep,
  pauseSweep,
  resumeSweep,
  startRound,
} from "../../shared/workflow/sweep/steer-sweep.ts";
import type { Epoch } from "./hosts.ts";
import { insist } from "./insist.ts";
import { CATALOGUE } from "./profiles.ts";
import type { Scenario, SweepOperation } from "./scenario.ts";
import type { World } from "./world.ts";

const HUNTER: Caller = {
  name: "hunter",
  all: false,
  may: ["incident.submit", "sweep.manage"],
  sources: ["generic"],
  profiles: null,
  callbacks: [],
  callbackSecret: [],
};
const BY = { name: "hosts", by: "hunter" };
/** Until a round that has ended is opened again, it may expire twice. */
const ROUNDS_LAST = 2;

/** After the start nothing of a sweep goes on later than this, in milliseconds; 0 without one. */
export function lastRoundMs({ sweeps }: Scenario): number {
  if (sweeps === null) return 0;
  const lastMs = Math.max(...sweeps.operations.map(({ atMs }) => atMs));
  return lastMs + ROUNDS_LAST * msOf(sweeps.definition.expires ?? "8m");
}

/**
 * Applies the sweep at the start; then hosts look at it, and people steer it. The count is of those
 * who still have something to ask: until the last of them has paused it, rounds start.
 */
export function startSweeping(world: World): { asking(): number } {
  const { clock, startMs, scenario } = world;
  const { sweeps } = scenario;
  if (sweeps === null) return { asking: () => 0 };
  let asking = sweeps.operations.length;
  void insist(world, async (ports) => {
    await apply(ports, sweeps.definition);
    await resumeSweep(ports, BY);
  });
  startTicking(world, sweeps);
  for (const operation of sweeps.operations) {
    clock.at(startMs + operation.atMs, () => {
      void insist(world, async (ports) => await operate(world, operation, ports)).then(() => {
        asking -= 1;
      });
    });
  }
  return { asking: () => asking };
}

function startTicking(
  world: World,
  { tickEveryMs, ticksOverlap }: NonNullable<Scenario["sweeps"]>,
): void {
  const { clock, hosts, judge } = world;
  let running: Epoch | null = null;
  const tick = (): void => {
    clock.at(clock.nowMs() + tickEveryMs, tick);
    const epoch = hosts.any();
    const runs = running?.alive === true && running.frozenUntilMs <= clock.nowMs();
    if (epoch === null || (runs && !ticksOverlap)) return;
    running = epoch;
    const beganAtMs = clock.nowMs();
    void world
      .invoke(epoch, async (ports) => await advanceSweeps(sweeping(ports, world), settings(world)))
      .then(({ kind }) => {
        if (kind === "done") judge.sweeps.looked(beganAtMs, clock.nowMs());
        if (running === epoch) running = null;
      });
  };
  tick();
}

async function operate(world: World, { kind }: SweepOperation, ports: Ports): Promise<void> {
  const { sweeps, limits } = world.scenario;
  const sweep = await loadSweep(ports.ledger, BY.name);
  if (sweep === null || sweeps === null) return;
  const last = { ...BY, number: sweep.value.rounds };
  switch (kind) {
    case "start":
      await startRound(ports, CATALOGUE, BY);
      return;
    case "pauseSweep":
      await pauseSweep(ports, BY);
      return;
    case "delete": {
      const deleted = await deleteSweep(ports, limits, BY);
      if (deleted.kind !== "done") return;
      for (const number of sweep.value.open) await noteStopped(world, ports, number);
      return;
    }
    case "apply":
      await apply(ports, { ...sweeps.definition, title: "Another title", share: 0.3 });
      if (sweep.value.deleted) await resumeSweep(ports, BY);
      return;
    case "stop":
    case "stopAll": {
      const stopped = await stopRound(ports, limits, last, kind === "stopAll");
      if (stopped.kind === "done") await noteStopped(world, ports, last.number);
      return;
    }
    case "pause":
      await pauseRound(ports, last);
      return;
    case "resume":
      await resumeRound(ports, last);
      return;
    case "rerun":
      await rerunRound(ports, last);
  }
}

/** Nothing of the round begins from now on; what could not be read, the next looks cancel. */
async function noteStopped(
  world: World,
  { ledger }: Pick<SweepPorts, "ledger">,
  number: number,
): Promise<void> {
  const round = await loadRound(ledger, BY.name, number);
  if (round?.value.closed?.cancels === null) world.judge.sweeps.stopped(BY.name, number);
}

async function apply(ports: Ports, definition: object): Promise<void> {
  const rawBody = new TextEncoder().encode(JSON.stringify(definition));
  const who = { caller: HUNTER, objectId: null };
  const applied = await applySweep(ports, CATALOGUE, {
    name: BY.name,
    rawBody,
    who,
    replaces: null,
  });
  if (applied.kind !== "applied") throw new Error(`the definition was ${applied.kind}`);
}

function sweeping(ports: Ports, { scenario }: World): SweepPorts {
  const countedCommits = createCountedCommits(ports);
  return { ...ports, countedCommits, lookUpPayments: createLookUpPayments(ports, scenario.limits) };
}

function settings({ scenario }: World): SweepSettings {
  const { limits, expiryMs, policy, approvalMs, sweeps } = scenario;
  const listedEveryMs = sweeps?.listedEveryMs ?? null;
  return {
    ...(listedEveryMs === null ? {} : { listedEveryMs }),
    limits,
    expiryMs,
    policy,
    approvalMs,
    catalogue: CATALOGUE,
    routing: { rules: [] },
    scope: {},
    callers: [HUNTER],
    caps: { perIncident: 1, perCallerDay: 1_000_000, perDay: 1_000_000 },
  };
}
