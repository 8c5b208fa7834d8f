import { wholeFor } from "../access/reaching.ts";
import type { Incident } from "../../shared/incident/incident.ts";
import { accept, type Acceptance } from "../../shared/workflow/accept/accept.ts";
import { createLookUpPayments } from "../../shared/store/look-up-payments.ts";
import { createCountedCommits } from "../../shared/workflow/accept/counted-commits.ts";
import type { RetrySettings } from "../../shared/workflow/accept/retry-sequence.ts";
import { cancelRun } from "../../shared/workflow/operate/cancel-run.ts";
import { pause, resume } from "../../shared/workflow/operate/pause.ts";
import { resumeRun } from "../../shared/workflow/operate/resume-run.ts";
import { REQUESTER } from "./approval-judge.ts";
import { approveAsShown } from "./approvers.ts";
import { targetsFor } from "./callback-targets.ts";
import { insist } from "./insist.ts";
import { CATALOGUE } from "./profiles.ts";
import type { Arrival, Operation } from "./scenario.ts";
import { steer } from "./steering.ts";
import { between } from "./streams.ts";
import type { World } from "./world.ts";

/** A request may make half of the look-ups of a minute. */
const MACHINES_PER_CALL = 20;

/**
 * Lets everybody who asks something of the app ask it at its time. The count is of those still
 * asking.
 */
export function startSenders(world: World): { asking(): number } {
  const { scenario, clock, startMs } = world;
  const state = { asking: 0 };
  const runs = new Map<string, string>();
  const until = async (atMs: number, ask: () => Promise<void>): Promise<void> => {
    state.asking += 1;
    await clock.sleep(startMs + atMs - clock.nowMs());
    await ask();
    state.asking -= 1;
  };
  for (const arrival of scenario.arrivals) {
    for (let copy = 0; copy < arrival.copies; copy += 1) {
      const atMs = arrival.atMs + copy * between(world.hostRandom, 0, 20_000);
      void until(atMs, async () => await send(world, arrival, runs));
    }
  }
  for (const operation of scenario.operations) {
    void until(operation.atMs, async () => await operate(world, operation, runs));
  }
  return { asking: () => state.asking };
}

async function send(world: World, arrival: Arrival, runs: Map<string, string>): Promise<void> {
  const settings = settingsOf(world);
  const incident = incidentOf(arrival);
  const { team = REQUESTER } = arrival;
  const submission = {
    incident,
    caller: team,
    team,
    asked: { profile: arrival.profile, parameters: {} },
    idempotencyKey: arrival.idempotencyKey,
    requestHash: arrival.incidentId,
    signedAtSeconds: null,
    objectId: null,
    caps: null,
    callbacks: team === REQUESTER ? targetsFor(incident, world.scenario.receivers) : [],
    again: false,
    whyNotUse: () => null,
  };
  // Who has to know Defender's names of machines never hears them without a token.
  const isHopeless = world.scenario.bars.some(
    ({ call, untilMs }) => call === "token" && untilMs === null,
  );
  const answer = await insist(world, async (ports): Promise<Acceptance | "silence"> => {
    const countedCommits = createCountedCommits(ports);
    const lookUpPayments = createLookUpPayments(ports, settings.limits);
    const sharing = { ...ports, countedCommits, lookUpPayments };
    const came = await accept(sharing, settings, submission);
    return came.kind === "unavailable" && !isHopeless ? "silence" : came;
  });
  if (answer.kind === "unavailable") return;
  const nowMs = world.clock.nowMs();
  const isNothing = arrival.machineIds.every((each) => world.judge.facts.isOther(each, nowMs));
  if (answer.kind === "nothingToDo" && isNothing) return;
  const most = MACHINES_PER_CALL * Math.floor(world.scenario.limits.readsPerMinute / 2);
  if (answer.kind === "tooManyMachines" && arrival.machineIds.length > most) return;
  if (answer.kind !== "accepted") {
    return world.court.fail("reasonless", `${arrival.incidentId} was answered ${answer.kind}`);
  }
  const { runId } = answer.run;
  if (team === REQUESTER) runs.set(arrival.incidentId, runId);
  const ids = answer.sequences.map((each) => each.sequenceId);
  world.judge.accepted(`${arrival.incidentId} of ${team}`, runId, ids);
}

/** Those of every host. */
function settingsOf({ scenario }: World): RetrySettings {
  const { limits, expiryMs, policy, approvalMs } = scenario;
  const caps = { perIncident: 1, perCallerDay: 1_000_000, perDay: 1_000_000 };
  const profiles = { catalogue: CATALOGUE, routing: { rules: [] } };
  return { limits, expiryMs, scope: {}, policy, approvalMs, caps, ...profiles };
}

async function operate(
  world: World,
  operation: Operation,
  runs: ReadonlyMap<string, string>,
): Promise<void> {
  const { limits } = world.scenario;
  switch (operation.kind) {
    case "pause":
      return await insist(world, async (ports) => await pause(ports, { by: "op", why: "test" }));
    case "resume":
      await insist(world, async (ports, { isPaused }) => {
        if (isPaused) return "silence";
        world.judge.setting.resumeAsked();
        return (await resume(ports, limits, "op")) || "silence";
      });
      return;
    case "cancel": {
      const runId = runs.get(operation.incidentId);
      if (runId === undefined) return;
      await insist(world, async (ports) => {
        const cancelled = await cancelRun(ports, limits, runId, wholeFor("op"));
        return (cancelled?.setAside ?? 0) > 0 ? "silence" : cancelled;
      });
      return;
    }
    case "resumeRun": {
      const runId = runs.get(operation.incidentId);
      if (runId === undefined) return;
      world.judge.gates.resumeAsked(runId);
      await insist(world, async (ports) => await resumeRun(ports, limits, runId, "op"));
      return;
    }
    case "cancelOne":
    case "retry": {
      const runId = runs.get(operation.incidentId);
      if (runId === undefined) return;
      return await steer(world, { ...operation, runId }, settingsOf(world), insist);
    }
    case "approve": {
      const runId = runs.get(operation.incidentId);
      if (runId !== undefined) await approveAsShown(world, operation, runId, insist);
    }
  }
}

function incidentOf({ incidentId, machineIds }: Arrival): Incident {
  const machines = machineIds.map((machineId) => {
    return { machineId, name: null, platform: "linux" } as const;
  });
  const facts = { source: "generic", title: "t", severity: "high", url: null, asks: null } as const;
  return { ...facts, incidentId, machines, unusable: [], callback: null, armId: null };
}
