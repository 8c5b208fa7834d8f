import { describe, expect, it } from "vitest";
import { NOTICE } from "../../../shared/ledger/row/keys.ts";
import { describeRound } from "../../../shared/workflow/view/describe-round.ts";
import { aMachine } from "../known-machines.ts";
import { idOf, startSweeping } from "./sweeping.ts";

describe("the coverage of a round", () => {
  it("leaves out machines that none of its profiles is for", async () => {
    const sweeping = startSweeping(6);
    for (const number of [7, 8, 9, 10]) {
      const linux = {
        name: `srv-${number}`,
        platform: "linux",
        lastSeenAtMs: sweeping.nowMs(),
      } as const;
      sweeping.machines.set(idOf(number), aMachine(idOf(number), linux));
    }
    await sweeping.apply();
    await sweeping.start();
    for (let minute = 0; minute < 8; minute += 1) {
      await sweeping.ticks(1);
      await sweeping.endAll();
    }
    const { last } = await sweeping.sweep();
    expect(last).toMatchObject({ targeted: 6, reached: 6, short: false });
    expect(describeRound(await sweeping.round()).counts).toMatchObject({
      targeted: 10,
      reached: 6,
      missed: { skipped: 4 },
      leftOut: 4,
    });
    expect(await sweeping.ports.ledger.list(NOTICE.from, NOTICE.before, 10)).toEqual([]);
  });

  it("is short by those that failed, whoever was left out", async () => {
    const sweeping = startSweeping(6);
    const linux = { name: "srv", platform: "linux", lastSeenAtMs: sweeping.nowMs() } as const;
    sweeping.machines.set(idOf(7), aMachine(idOf(7), linux));
    await sweeping.apply();
    await sweeping.start();
    for (let minute = 0; minute < 8; minute += 1) {
      await sweeping.ticks(1);
      await sweeping.endAll(({ machineId }) => (machineId === idOf(1) ? "failed" : "succeeded"));
    }
    expect((await sweeping.sweep()).last).toMatchObject({ targeted: 6, reached: 5, short: true });
    const [notice] = await sweeping.ports.ledger.list(NOTICE.from, NOTICE.before, 10);
    expect(notice?.body).toMatchObject({ about: { targeted: 6, reached: 5 } });
  });
});
