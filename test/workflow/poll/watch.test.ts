import { describe, expect, it } from "vitest";
import { countedLedger } from "../../../local/memory/counted-ledger.ts";
import type { MachineAction } from "../../../shared/ledger/sequence/machine-action.ts";
import type { Ports } from "../../../shared/ports.ts";
import { createRestedPoll, createWatch } from "../../../shared/workflow/poll/watch.ts";
import { tellState } from "../../../shared/workflow/view/tell-state.ts";
import { startGoingOn, type GoingOn } from "../going-on.ts";

const TICK_MS = 5_000;

const running = (action: MachineAction): MachineAction => ({ ...action, status: "InProgress" });

/** A timer that ticks every five seconds, and what each tick asked for. */
function startTicking() {
  const app = startGoingOn();
  const asked = { ledger: 0, lists: 0 };
  const isOver = { yet: false };
  const ledger = countedLedger(app.ports.ledger, () => (asked.ledger += 1));
  const listActions: Ports["defender"]["listActions"] = async (...of) => {
    asked.lists += 1;
    const reply = await app.ports.defender.listActions(...of);
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
  it("polls at each tick while the last few of an incident run, until they take long", async () => {
    const { app, asked, tick } = startTicking();
    await app.accept("case", [1]);
    await app.drain();
    for (let nth = 0; nth < 3; nth += 1) await tick();
    expect(asked.lists).toBe(3);
  });

  it("polls every 15 seconds, sees the end at the next poll, and spends nothing in between", async () => {
    const { app, asked, isOver, tick } = startTicking();
    await app.accept("case", [1]);
    await app.drain();
    app.pass(300_000);
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

const WATCH_MS = 55_000;

/** A watch of one process, whose sleeps pass at once, and what it has slept and read. */
function startWatching() {
  const app = startGoingOn();
  const spent = { reads: 0, sleptMs: 0 };
  const isOut = { yet: false };
  /** So many lists show the actions as running. */
  const isRunning = { polls: 0 };
  const listActions: Ports["defender"]["listActions"] = async (...of) => {
    const reply = await app.ports.defender.listActions(...of);
    isRunning.polls -= 1;
    if (isRunning.polls < 0 || reply.kind !== "answered") return reply;
    return { ...reply, value: reply.value.map(running) };
  };
  const defender = { ...app.ports.defender, listActions };
  const ledger = countedLedger(app.ports.ledger, () => {
    spent.reads += 1;
    if (isOut.yet) throw new Error("storage is out of reach");
  });
  const sleep = async (ms: number) => {
    spent.sleptMs += ms;
    app.pass(ms);
  };
  const ports = { ...app.ports, ledger, defender, clock: { ...app.ports.clock, sleep } };
  const watch = createWatch(app.limits, WATCH_MS, tellState);
  return { app, spent, isOut, isRunning, watch: async () => await watch(ports) };
}

describe("a watch", () => {
  it("costs one read while nothing is outstanding, and does not stay", async () => {
    const { spent, watch } = startWatching();
    expect(await watch()).toEqual({ polls: 1, moved: 0 });
    expect(spent).toEqual({ reads: 1, sleptMs: 0 });
  });

  it("sees the end of what was submitted, without another tick", async () => {
    const { app, isRunning, watch } = startWatching();
    isRunning.polls = 2;
    const runId = await app.accept("case", [1]);
    await app.drain();
    expect(await watch()).toMatchObject({ moved: 1 });
    const [sequence] = (await app.run(runId)).sequences;
    expect(sequence?.state).toBe("succeeded");
  });

  it("ends at its bound while something is outstanding, and the next one goes on", async () => {
    const { app, isRunning, spent, watch } = startWatching();
    isRunning.polls = Infinity;
    await app.accept("case", [1]);
    await app.drain();
    expect((await watch()).polls).toBeGreaterThan(2);
    expect(spent.sleptMs).toBeLessThanOrEqual(WATCH_MS);
    expect(spent.sleptMs).toBeGreaterThan(WATCH_MS / 2);
    expect((await watch()).polls).toBeGreaterThan(2);
  });

  it("is one in a process: whoever begins a second one is back at once", async () => {
    const { app, watch } = startWatching();
    await app.accept("case", [1]);
    await app.drain();
    const first = watch();
    expect(await watch()).toEqual({ polls: 0, moved: 0 });
    expect((await first).moved).toBe(1);
  });

  it("can be begun again after storage was out of reach", async () => {
    const { isOut, watch } = startWatching();
    isOut.yet = true;
    await expect(watch()).rejects.toThrow("out of reach");
    isOut.yet = false;
    expect(await watch()).toMatchObject({ polls: 1 });
  });
});

const told = ({ logged }: GoingOn, event: string) => logged.filter((line) => line.event === event);

describe("what a watch tells the log", () => {
  it("is, at rest, a line for each minute's tick, for which it reads nothing more", async () => {
    const { app, spent, watch } = startWatching();
    for (let minute = 1; minute <= 10; minute += 1) {
      await watch();
      expect(told(app, "polled")).toHaveLength(minute);
      app.pass(59_900);
    }
    expect(spent.reads).toBe(10);
    expect(told(app, "polled")[0]?.fields).toEqual({ outstanding: false, listed: false });
    expect(told(app, "queueState")).toEqual([]);
  });

  it("is no more for a timer that ticks every five seconds", async () => {
    const { app, watch } = startWatching();
    for (let tick = 0; tick < 120; tick += 1) {
      await watch();
      app.pass(TICK_MS);
    }
    const lines = told(app, "polled").length;
    expect(lines).toBeGreaterThanOrEqual(10);
    expect(lines).toBeLessThanOrEqual(11);
  });

  it("has a line about the queue at once and every five minutes while something is open", async () => {
    const { app, isRunning, watch } = startWatching();
    isRunning.polls = Infinity;
    await app.accept("case", [1]);
    await app.drain();
    const counts: number[] = [];
    for (let minute = 0; minute < 11; minute += 1) {
      await watch();
      counts.push(told(app, "queueState").length);
      app.pass(60_000 - WATCH_MS);
    }
    expect(counts[0]).toBe(1);
    expect(counts.at(-1)).toBe(3);
    expect(told(app, "polled").length).toBeGreaterThanOrEqual(11);
    expect(told(app, "polled")[0]?.fields).toEqual({ outstanding: true, listed: true });
  });

  it("has no line if the poll could not be done", async () => {
    const { app, isOut, watch } = startWatching();
    isOut.yet = true;
    await expect(watch()).rejects.toThrow("out of reach");
    expect(told(app, "polled")).toEqual([]);
  });
});
