import { describe, expect, it } from "vitest";
import { acceptIncident, machineIdOf } from "../../../bench/drain/backlog.ts";
import { SHIPPED } from "../../../bench/shipped-limits.ts";
import { createVirtualWorld } from "../../../bench/drain/virtual-world.ts";
import { createRestedPoll } from "../../../shared/workflow/poll/poll-timer.ts";

const SESSION_MS = 60_000;

describe("a poll whose timer ticks every five seconds", () => {
  it("spends nothing between two polls, and sees every end all the same", async () => {
    const world = createVirtualWorld({
      seed: 3,
      workers: 1,
      limits: SHIPPED,
      lingerMs: 240_000,
      tenant: { ...SHIPPED, sessionMs: [SESSION_MS, SESSION_MS], isOffline: () => false },
    });
    const machineIds = [1, 2, 3].map((number) => machineIdOf("m", number));
    const asked = { incidentId: "i", machineIds, lane: "sweep" } as const;
    void acceptIncident(world.ports("accept"), SHIPPED, asked);
    await world.clock.advanceTo(world.clock.nowMs() + 1_000);
    world.start();
    await world.clock.advanceTo(world.clock.nowMs() + 2 * SESSION_MS);
    expect(world.counts.moved).toBe(3);
    // Two minutes of ticks, a poll every 15 s at most, and none once nothing is open.
    expect(world.counts.polls).toBe(25);
    expect(world.tenant.counts.listCalls).toBeLessThanOrEqual(9);
  });

  it("sees new work at the next tick while nothing is outstanding", async () => {
    const world = createVirtualWorld({
      seed: 3,
      workers: 1,
      limits: SHIPPED,
      lingerMs: 0,
      tenant: { ...SHIPPED, sessionMs: [SESSION_MS, SESSION_MS], isOffline: () => false },
    });
    const poll = createRestedPoll(SHIPPED);
    const ports = world.ports("poll");
    const first = poll(ports);
    await world.clock.advanceTo(world.clock.nowMs() + 5_000);
    expect(await first).toMatchObject({ outstanding: false });
    const second = poll(ports);
    await world.clock.advanceTo(world.clock.nowMs() + 5_000);
    expect(await second).not.toBeNull();
  });
});
