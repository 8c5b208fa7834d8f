import { describe, expect, it } from "vitest";
import { countedLedger } from "../../../local/memory/counted-ledger.ts";
import type { MachineAction } from "../../../shared/ledger/sequence/machine-action.ts";
import type { Ports } from "../../../shared/ports.ts";
import { createRestedPoll } from "../../../shared/workflow/poll/poll-timer.ts";
import { startGoingOn } from "../going-on.ts";

const TICK_MS = 5_000;

const running = (action: MachineAction): MachineAction => ({ ...action, status: "InProgress" });

/** A timer that ticks every five seconds, and what each tick asked for. */
function startTicking() {
  const app = startGoingOn();
  const asked = { ledger: 0, lists: 0 };
  const isOver = { yet: false };
  const ledger = countedLedger(app.ports.ledger, () => (asked.ledger += 1));
  const listActions: Ports["defender"]["listActions"] = async (sinceMs) => {
    asked.lists += 1;
    const reply = await app.ports.defender.listActions(sinceMs);
    if (isOver.yet || reply.kind !== "answered") return reply;
    return { ...reply, value: reply.value.map(running) };
  };
  const ports = { ...app.ports, ledger, defender: { ...app.ports.defender, listActions } };
  const rested = createRestedPoll(app.limits);
  const tick = async () => {
    const before = asked.ledger;
    app.pass(TICK_MS);
    const report = await rested(ports);
    return { report, requests: asked.ledger - before };
  };
  return { app, asked, isOver, tick };
}

describe("a poll whose timer ticks every five seconds", () => {
  it("polls every 15 seconds, sees the end at the next poll, and spends nothing in between", async () => {
    const { app, asked, isOver, tick } = startTicking();
    await app.accept("case", [1]);
    await app.drain();
    const spends: boolean[] = [];
    for (let nth = 0; nth < 9; nth += 1) spends.push((await tick()).requests > 0);
    expect(spends).toEqual([true, false, false, true, false, false, true, false, false]);
    expect(asked.lists).toBe(3);
    isOver.yet = true;
    const { report } = await tick();
    expect(report).toMatchObject({ listed: true, moved: 1 });
  });

  it("sees new work at the next tick while nothing is outstanding", async () => {
    const { app, tick } = startTicking();
    expect((await tick()).report).toMatchObject({ outstanding: false });
    await app.accept("case", [1]);
    expect((await tick()).report).toMatchObject({ outstanding: true, rang: true });
  });
});
