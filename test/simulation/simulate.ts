import { checkAftermath, unfinished } from "./aftermath.ts";
import type { Fault } from "./faults.ts";
import { startInterruptions } from "./interrupters.ts";
import type { Violation } from "./invariants.ts";
import type { Scenario } from "./scenario.ts";
import { startReading } from "./row-readers.ts";
import { startSenders } from "./senders.ts";
import { startStrangers } from "./strangers.ts";
import { between, stream } from "./streams.ts";
import { createWorld } from "./create-world.ts";
import { lastRoundMs, startSweeping } from "./sweepers.ts";
import { startPolling, startReconciling } from "./timers.ts";
import { startOddRows } from "./odd-rows.ts";
import type { World, Wrap } from "./world.ts";

/** What one simulation came to. */
export interface Outcome {
  readonly violation: Violation | null;
  readonly injected: readonly Fault[];
  /** How long it took in virtual time, and what was done in it. */
  readonly virtualMs: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly world: World;
}

export interface SimulateOptions {
  /** These faults, and no drawn ones. */
  readonly exactly?: readonly Fault[];
  readonly wrap?: Wrap;
}

const STEP_MS = 10_000;
const PATROL_STEPS = 6;
/** Beyond its expiry a sequence can only be at Defender, and an action ends within some minutes. */
const GRACE_MS = 2_400_000;
/** Results that were refused for long are asked for every ten minutes. */
const LAST_WAIT_MS = 600_000;
/** A message of a dead host is hidden for ten minutes. */
const QUIET_MS = 900_000;

/**
 * Runs one scenario to its end, or to the first violation. The same scenario and faults give the
 * same outcome.
 */
export async function simulate(
  scenario: Scenario,
  { exactly, wrap }: SimulateOptions = {},
): Promise<Outcome> {
  const world = createWorld(scenario, exactly ?? null, wrap ?? null);
  const { clock, court, startMs } = world;
  startForeign(world);
  startStrangers(world);
  startPolling(world);
  startReconciling(world);
  startInterruptions(world);
  startOddRows(world);
  const sweepers = startSweeping(world);
  startReading(world);
  const senders = startSenders(world);
  const healAtMs = startMs + scenario.healAtMs;
  // A retry brings work as an incident does, and may come after all of them.
  const asks = [...scenario.arrivals, ...scenario.operations];
  const lastAskMs = Math.max(0, ...asks.map((each) => each.atMs));
  const [, deniedUntilMs] = scenario.tenant.denied?.span ?? [0, 0];
  const sweptMs = lastRoundMs(scenario);
  const endedMs = Math.max(
    healAtMs + scenario.expiryMs,
    startMs + lastAskMs + scenario.expiryMs,
    startMs + sweptMs,
  );
  const deadlineMs = Math.max(endedMs, startMs + deniedUntilMs + LAST_WAIT_MS) + GRACE_MS;
  const oddUntilMs = Math.max(0, ...scenario.versions.odd.map((each) => each.atMs + each.forMs));
  const done = () =>
    senders.asking() + sweepers.asking() === 0 &&
    unfinished(world) === null &&
    // Not before every row can be read again.
    clock.nowMs() > startMs + oddUntilMs;
  await stepUntil(world, deadlineMs, healAtMs, done);
  if (court.violation() === null && !done()) {
    court.fail("ends", unfinished(world) ?? "somebody still asks");
  }
  // A request that stood still can wake now, and bring work.
  const isQuiet = () => world.queued() === 0 && done();
  await stepUntil(world, clock.nowMs() + QUIET_MS, healAtMs, isQuiet);
  if (world.queued() > 0) court.fail("quiet", `${world.queued()} messages still go round`);
  if (court.violation() === null) await checkAftermath(world);
  return outcomeOf(world);
}

async function stepUntil(
  world: World,
  deadlineMs: number,
  healAtMs: number,
  done: () => boolean,
): Promise<void> {
  const { clock, court, hosts, judge, tenant } = world;
  // A stall outlasts the last fault: what somebody has to do counts from when anybody can.
  let healedAtMs = healAtMs;
  for (let step = 1; clock.nowMs() < deadlineMs; step += 1) {
    if (court.violation() !== null || done()) return;
    await clock.advanceTo(clock.nowMs() + STEP_MS);
    if (hosts.areStill()) healedAtMs = Math.max(healAtMs, clock.nowMs());
    if (step % PATROL_STEPS === 0) judge.patrol(tenant.actions, healedAtMs);
  }
}

/** Other products post on their own, and look at no answer. */
function startForeign(world: World): void {
  const { scenario, clock, startMs, tenant } = world;
  // No profile of ours has these two alone, so that an action without a comment can be told apart.
  const commands = [
    { type: "PutFile", fileName: "other.bin" },
    { type: "GetFile", path: "/tmp/other" },
  ] as const;
  const random = stream(scenario.seed, "foreign");
  for (const { atMs, machineId, comment } of scenario.foreign) {
    clock.at(startMs + atMs + between(random, 0, 1_000), () => {
      tenant.submit({ machineId, commands, comment, ours: false, requestor: "other" }, null);
    });
  }
}

function outcomeOf(world: World): Outcome {
  const { court, faults, clock, startMs, counts, hosts, queue, tenant, judge } = world;
  return {
    violation: court.violation(),
    injected: [...faults.injected],
    virtualMs: clock.nowMs() - startMs,
    counts: {
      ...counts,
      crashes: hosts.crashes,
      poisoned: queue.poisoned,
      delivered: queue.delivered,
      actions: tenant.actions.length,
      sequences: judge.ledger.records.size,
      calls: [...faults.calls.values()].reduce((sum, each) => sum + each, 0),
    },
    world,
  };
}
