import { describe, expect, it } from "vitest";
import type { Ports } from "../../shared/ports.ts";
import { pause } from "../../shared/workflow/operate/pause.ts";
import { NO_FAULTS } from "./faults.ts";
import { CALM_TENANT, SHIPPED, steadyMachine, UNGUARDED, type Scenario } from "./scenario.ts";
import { simulate, type Outcome } from "./simulate.ts";
import type { World } from "./world.ts";

const MACHINES = 5;
const RESUME_MS = 600_000;

describe("a pause that comes right before any one call of a course", () => {
  it("lets no POST leave later than the fence, and loses nothing", async () => {
    const calls = (await paused(null)).calls;
    expect(calls).toBeGreaterThan(100);
    const broken: string[] = [];
    let waited = 0;
    for (let call = 1; call <= calls; call += 1) {
      const { outcome } = await paused(call);
      const { violation, world } = outcome;
      const resumedAtMs = world.startMs + RESUME_MS;
      if (world.tenant.actions.some((each) => each.createdAtMs >= resumedAtMs)) waited += 1;
      if (violation !== null) broken.push(`${call}: ${violation.invariant}, ${violation.detail}`);
    }
    expect(broken).toEqual([]);
    // It did hold something back, wherever there was something left to submit.
    expect(waited).toBeGreaterThan(10);
  });
});

/** The course, paused right before its nth call of any port, if it is told which. */
async function paused(nth: number | null): Promise<{ outcome: Outcome; calls: number }> {
  let calls = 0;
  const outcome = await simulate(COURSE, {
    wrap: (ports, world) =>
      watched(ports, async () => {
        calls += 1;
        if (calls === nth) await pauseNow(world, ports);
      }),
  });
  return { outcome, calls };
}

/** An operator whose request meets no fault, and takes no time. */
async function pauseNow({ ledger, memory, clock, queue }: World, ports: Ports): Promise<void> {
  // The first look of a course writes the budget; before that there is nothing to pause.
  if (memory.rows().length === 0) return;
  const ringDrain: Ports["bells"]["ringDrain"] = async (bell, delayMs) =>
    await queue.ringDrain(bell, delayMs);
  const bells = { ...ports.bells, ringDrain };
  const operator = { ledger, clock, bells, random: ports.random, log: () => undefined };
  await pause(operator, { by: "ana", why: "at this very moment" });
}

/** The ports, telling of each call of ledger, bells and Defender before it is made. */
function watched(ports: Ports, beforeCall: () => Promise<void>): Ports {
  const watch = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        return async (...words: unknown[]): Promise<unknown> => {
          await beforeCall();
          return await Reflect.apply(method, target, words);
        };
      },
    });
  const { ledger, bells, defender } = ports;
  return { ...ports, ledger: watch(ledger), bells: watch(bells), defender: watch(defender) };
}

const MACHINE_IDS = Array.from({ length: MACHINES }, (_, at) => steadyMachine(at + 1).machineId);

const COURSE: Scenario = {
  seed: 5,
  profile: "calm",
  limits: { ...SHIPPED, maxSessions: 3 },
  ...UNGUARDED,
  lingerMs: 30_000,
  expiryMs: 3_600_000,
  hosts: 2,
  pollEveryMs: 15_000,
  pollsOverlap: false,
  machines: MACHINE_IDS.map((_, at) => steadyMachine(at + 1)),
  arrivals: [
    {
      atMs: 1_000,
      incidentId: "p",
      profile: "ticket-run",
      machineIds: MACHINE_IDS,
      idempotencyKey: null,
      copies: 1,
    },
  ],
  operations: [{ kind: "resume", atMs: RESUME_MS }],
  foreign: [],
  tenant: { ...CALM_TENANT, maxSessions: 50, commandMs: [2_000, 6_000] },
  healAtMs: 0,
  rates: NO_FAULTS,
};
