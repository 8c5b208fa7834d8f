import { describe, expect, it } from "vitest";
import { resumeRound } from "../../../shared/workflow/sweep/steer-round.ts";
import { aMachine } from "../known-machines.ts";
import { DEFINITION, idOf, startSweeping, type Sweeping } from "./sweeping.ts";

const WAVE = { ...DEFINITION, firstWave: 5 };

async function untilOver(sweeping: Sweeping, number: number): Promise<void> {
  for (let minute = 0; minute < 30; minute += 1) {
    if ((await sweeping.round(number)).state === "ended") return;
    await sweeping.ticks(1);
    await sweeping.endAll();
  }
}

describe("the first wave of a round", () => {
  it("pauses the round when all of it has ended and too few succeeded, until a person resumes it", async () => {
    const sweeping = startSweeping(20);
    await sweeping.apply(WAVE);
    await sweeping.start();
    await sweeping.ticks(4);
    await sweeping.endAll(({ machineId }) => (machineId < idOf(4) ? "failed" : null));
    await sweeping.ticks(2);
    expect((await sweeping.round()).paused).toBeNull();
    await sweeping.endAll(() => "succeeded");
    await sweeping.ticks(3);
    expect(await sweeping.sequences()).toHaveLength(5);
    const { paused } = await sweeping.round();
    expect(paused).toMatchObject({ code: "failures" });
    expect((await sweeping.sweep()).stalled).toMatchObject([{ round: 1, detail: paused?.detail }]);
    await resumeRound(sweeping.ports, { name: "triage", number: 1, by: "hunter" });
    await untilOver(sweeping, 1);
    expect(await sweeping.sequences()).toHaveLength(20);
    expect((await sweeping.sweep()).stalled).toEqual([]);
  });

  it("is made of machines that were sent something", async () => {
    const sweeping = startSweeping(12);
    for (let number = 1; number <= 5; number += 1) {
      const name = `srv-${number}`;
      const linux = { name, platform: "linux", lastSeenAtMs: sweeping.nowMs() } as const;
      sweeping.machines.set(idOf(number), aMachine(idOf(number), linux));
    }
    await sweeping.apply(WAVE);
    await sweeping.start();
    await untilOver(sweeping, 1);
    expect((await sweeping.round()).counts).toMatchObject({
      targeted: 12,
      ended: expect.arrayContaining([
        { how: "skipped", count: 5 },
        { how: "succeeded", count: 7 },
      ]),
    });
  });
});

describe("a round with a limit", () => {
  it("asks the next machines when the first ones were reached lately", async () => {
    const sweeping = startSweeping(20);
    const targets = { ...DEFINITION.targets, notCollectedWithin: "7d" };
    await sweeping.apply({ ...DEFINITION, targets, limit: 5 });
    for (let round = 1; round <= 4; round += 1) {
      await sweeping.start();
      await untilOver(sweeping, round);
      expect((await sweeping.sweep()).last).toMatchObject({ round, targeted: 5, reached: 5 });
    }
    const asked = (await sweeping.sequences()).map(({ machineId }) => machineId);
    expect(new Set(asked).size).toBe(20);
    await sweeping.start();
    await untilOver(sweeping, 5);
    expect((await sweeping.sweep()).last).toMatchObject({ round: 5, targeted: 0, short: false });
  });

  it("gives no place to a machine that none of its profiles is for", async () => {
    const sweeping = startSweeping(8);
    for (const number of [1, 2, 3]) {
      const name = `srv-${number}`;
      const linux = { name, platform: "linux", lastSeenAtMs: sweeping.nowMs() } as const;
      sweeping.machines.set(idOf(number), aMachine(idOf(number), linux));
    }
    await sweeping.apply({ ...DEFINITION, limit: 4 });
    await sweeping.start();
    await untilOver(sweeping, 1);
    expect((await sweeping.sweep()).last).toMatchObject({ targeted: 4, reached: 4 });
  });
});
