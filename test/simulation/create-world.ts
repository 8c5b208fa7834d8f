import { createMemoryBells } from "../../local/memory/bells.ts";
import { createMemoryClock } from "../../local/memory/clock.ts";
import { createMemoryEvidence } from "../../local/memory/evidence.ts";
import { createMemoryRows } from "../../local/memory/rows.ts";
import { createMemoryLedger, type MemoryLedger } from "../../local/memory/ledger.ts";
import {
  callbackMessageSchema,
  collectMessageSchema,
  drainMessageSchema,
} from "../../shared/ledger/outbox/message.ts";
import { RATE_TOKEN_KEY } from "../../shared/ledger/row/keys.ts";
import type { RowChange } from "../../shared/ledger/sequence/rows.ts";
import type { Ledger, Ports } from "../../shared/ports.ts";
import { callBack } from "../../shared/workflow/notify/send-notice.ts";
import { collect } from "../../shared/workflow/collect/collect.ts";
import { FACTS_AGE_MS } from "../../shared/workflow/submit/lacks-facts.ts";
import { drain } from "../../shared/workflow/submit/drain.ts";
import { CALLBACK_SETTINGS } from "./callback-targets.ts";
import { createFaultPlan, NO_FAULTS, type Fault } from "./faults.ts";
import { createHosts, type Epoch } from "./hosts.ts";
import { createCourt } from "./invariants.ts";
import { createInterruptions } from "./interruptions.ts";
import { createJudge, type Judge } from "./judge.ts";
import { heldBySetting } from "./paused-setting.ts";
import { rulesOf } from "./library.ts";
import { portsOf } from "./ports.ts";
import { CATALOGUE, platformsOf } from "./profiles.ts";
import { OFF_LIMITS, START_MS } from "./scenario.ts";
import { createQueue, type Serve } from "./queue.ts";
import type { Scenario } from "./scenario.ts";
import { between, stream } from "./streams.ts";
import { createReceivers } from "./receivers.ts";
import { createTenant, type Tenant } from "./tenant.ts";
import { asNewer, asOlder, createNarrowJudge } from "./versions.ts";
import { watchOf } from "./timers.ts";
import { isOutOfReach, through, type Invocation } from "./wire.ts";
import type { Done, World, Wrap } from "./world.ts";

const MESSAGES_TWICE = 0.02;
const OFF_LIMITS_SCOPE = { deny: [{ tags: [OFF_LIMITS] }] };
/** Shorter than the app's day, so that an hour shows what days would. */
const ABSENT_MS = 900_000;

/** Everything in its place at the start; nothing has happened yet. */
export function createWorld(
  scenario: Scenario,
  exactly: readonly Fault[] | null,
  wrap: Wrap | null = null,
): World {
  const { seed } = scenario;
  const clock = createMemoryClock({ startMs: START_MS, settle });
  const memory = createMemoryLedger();
  const hostRandom = stream(seed, "hosts");
  const hosts = createHosts(clock, hostsIn(scenario), hostRandom);
  const nowMs = () => clock.nowMs();
  const isHealed = () => nowMs() - START_MS >= scenario.healAtMs;
  const court = createCourt(() => nowMs() - START_MS);
  const bells = createMemoryBells({ nowMs });
  const judge = createJudge(scenario, court, (id) => actionIn(tenant, id), {
    nowMs,
    startMs: START_MS,
  });
  const tenant = createTenant(scenario, {
    nowMs,
    startMs: START_MS,
    random: stream(seed, "tenant"),
    witness: judge.door,
  });
  const rowFaults = scenario.sweeps?.rowRates ?? NO_FAULTS;
  const faultSource =
    exactly === null
      ? {
          rates: scenario.rates,
          random: stream(seed, "faults"),
          rows: { rates: rowFaults, random: stream(seed, "faults of rows") },
        }
      : { exactly };
  const { mixed } = scenario.versions;
  const versions = { written: asIs, narrow: mixed ? createNarrowJudge(court) : asIs };
  const world: World = {
    scenario,
    startMs: START_MS,
    clock,
    memory,
    ledger: judged(memory, judge, { ...versions, written: mixed ? asOlder(memory) : asIs }),
    newerLedger: judged(memory, judge, { ...versions, written: mixed ? asNewer : asIs }),
    evidence: createMemoryEvidence(),
    rows: createMemoryRows(),
    queue: createQueue(
      { bells, clock, hosts, random: hostRandom },
      () => (isHealed() || scenario.profile === "calm" ? 0 : MESSAGES_TWICE),
      async (epoch, message) => await serve(world)(epoch, message),
    ),
    queued: () => bells.size(),
    hosts,
    tenant,
    receivers: createReceivers(scenario.receivers, judge.notices),
    faults: createFaultPlan(faultSource, isHealed),
    interruptions: createInterruptions(),
    latency: stream(seed, "latency"),
    rowLatency: stream(seed, "latency of rows"),
    connecting: stream(seed, "connecting"),
    hostRandom,
    nonces: stream(seed, "nonces"),
    court,
    judge,
    counts: { drains: 0, collects: 0, polls: 0 },
    invoke: async (epoch, run) => await invoke(world, wrap, epoch, run),
  };
  return world;
}

function hostsIn({ hosts: count, pausedUntilMs }: Scenario) {
  return { count, pausedUntilMs: pausedUntilMs === null ? null : START_MS + pausedUntilMs };
}

async function invoke<T>(
  world: World,
  wrap: Wrap | null,
  epoch: Epoch,
  run: (ports: Ports) => Promise<T>,
): Promise<Done<T>> {
  const invocation: Invocation = { epoch, failed: false };
  const ports = portsOf(world, invocation);
  try {
    return { kind: "done", value: await run(wrap?.(ports, world) ?? ports) };
  } catch (error) {
    if (!isOutOfReach(error) && !invocation.failed) {
      world.court.fail("reasonless", error instanceof Error ? (error.stack ?? "") : String(error));
    }
    return { kind: "threw" };
  }
}

/** What the registered functions do with a message, and the deletion after it. */
function serve(world: World): Serve {
  const { counts } = world;
  return async (epoch, message) => {
    const { limits, lingerMs, watchMs, factsAgeMs } = world.scenario;
    const done = await world.invoke(epoch, async (ports) => {
      if (message.queue === "drain") {
        counts.drains += 1;
        const { bell } = drainMessageSchema.parse(message.body);
        if (await heldBySetting(world, epoch, ports)) return;
        const watch = watchMs > 0 ? watchOf(world, epoch) : async () => {};
        const scope = factsAgeMs === null ? {} : OFF_LIMITS_SCOPE;
        const library = rulesOf(world.scenario);
        const judging = { scope, factsAgeMs: factsAgeMs ?? FACTS_AGE_MS, library };
        const draining = { ...judging, platformsOf, limits, lingerMs, watch };
        return await drain(ports, draining, bell);
      }
      if (message.queue === "callback") {
        const { callback } = callbackMessageSchema.parse(message.body);
        return await callBack(ports, CALLBACK_SETTINGS, callback);
      }
      counts.collects += 1;
      const { sequenceId } = collectMessageSchema.parse(message.body).collect;
      const made = { version: "simulated", commit: "unknown", catalogue: CATALOGUE };
      return await collect(ports, { limits, absentMs: ABSENT_MS, ...made }, sequenceId);
    });
    if (done.kind === "threw") return "failed";
    return await deleted(world, { epoch, failed: false });
  };
}

/** The host deletes a message it has done with; if that fails, the message comes again. */
async function deleted(world: World, invocation: Invocation): Promise<"completed" | "failed"> {
  return await through<"completed" | "failed">(world, invocation, {
    method: "queue.complete",
    thereMs: between(world.latency, 2, 40),
    backMs: 0,
    act: () => "completed",
    lost: () => "failed",
  });
}

/**
 * Lets everything that was woken run until it waits again. Node runs a tick only when no promise is
 * left to settle, and nothing here waits for more than promises.
 */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.nextTick(resolve);
  });
}

/** What a version of the app makes of changes, and who looks at what it has written. */
interface Writing {
  readonly written: (changes: readonly RowChange[]) => Promise<readonly RowChange[]>;
  readonly narrow: (changes: readonly RowChange[]) => unknown;
}

async function asIs(changes: readonly RowChange[]): Promise<readonly RowChange[]> {
  return changes;
}

function judged(memory: MemoryLedger, judge: Judge, { written, narrow }: Writing): Ledger {
  return {
    read: async (key) => await memory.read(key),
    list: async (from, before, limit) => await memory.list(from, before, limit),
    commit: async (changes) => {
      const rows = await written(changes);
      const outcome = await memory.commit(rows);
      if (outcome.kind === "conflict") return outcome;
      judge.committed(changes.filter(({ key }) => rows.some((row) => row.key === key)));
      narrow(rows);
      const isAnother = budgetIn(rows) !== budgetIn(changes);
      return isAnother ? { ...outcome, etags: withoutBudget(outcome.etags) } : outcome;
    },
  };
}

/** What a commit makes of the budget, which a host remembers; undefined if it is not in it. */
function budgetIn(changes: readonly RowChange[]): unknown {
  return changes.flatMap((each) =>
    each.key === RATE_TOKEN_KEY && each.op !== "delete" ? [each.body] : [],
  )[0];
}

/** A host that wrote as another version does has to read what that was. */
function withoutBudget(etags: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...etags].filter(([key]) => key !== RATE_TOKEN_KEY));
}

function actionIn(tenant: Tenant, actionId: string) {
  return tenant.actions.find((each) => each.id === actionId) ?? null;
}
