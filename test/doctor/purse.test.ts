import { beforeEach, describe, expect, it } from "vitest";
import { createMemoryLedger } from "../../local/memory/ledger.ts";
import { createSeededRandom } from "../../local/memory/random.ts";
import { purseOf } from "../../shared/doctor/purse.ts";
import type { SubmissionAnswer } from "../../shared/ledger/sequence/submission.ts";
import type { Budget } from "../../shared/limits/pace/budget.ts";
import { changeBudgetAlone } from "../../shared/store/change-budget.ts";
import { loadBudget } from "../../shared/store/load.ts";
import { notePause } from "../../shared/store/pause-note.ts";
import { spendRead } from "../../shared/store/spend-read.ts";
import { START_MS } from "../ledger/a-sequence.ts";
import { someLimits } from "../limits/some-limits.ts";

const LIMITS = someLimits();
const REFUSED: SubmissionAnswer = {
  kind: "refused",
  httpStatus: 404,
  code: "ResourceNotFound",
  detail: "no machine",
};
const THROTTLED: SubmissionAnswer = { kind: "throttled", retryAfterMs: 42_000 };
const UNSENT: SubmissionAnswer = { kind: "notSent", detail: "late" };

let world: ReturnType<typeof aWorld>;
beforeEach(() => {
  world = aWorld();
});

function aWorld() {
  const time = { ms: START_MS };
  const nowMs = () => time.ms;
  const clock = {
    earliest: nowMs,
    latest: nowMs,
    monotonicMs: nowMs,
    sleep: async () => undefined,
  };
  const random = createSeededRandom(1);
  const ports = { ledger: createMemoryLedger(), clock, random, log: () => undefined };
  return { time, ports, purse: purseOf(ports, LIMITS) };
}

async function budget(): Promise<Budget> {
  return (await loadBudget(world.ports.ledger)).value;
}

describe("a list call of the doctor", () => {
  it("is one of the list calls of the app, and leaves the polls their half", async () => {
    let paid = 0;
    while ((await world.purse.list()) === null) paid += 1;
    expect(paid).toBe(LIMITS.readsPerMinute / 2);
    expect(await spendRead(world.ports, LIMITS, "list")).toBe(true);
    expect(await world.purse.list()).toMatchObject({ why: expect.stringContaining("half") });
  });
});

describe("a probe", () => {
  it("takes a slot before it leaves, which counts from its answer on", async () => {
    await world.purse.post(async () => {
      expect((await budget()).slots).toMatchObject([{ stampedAtMs: null }]);
      world.time.ms += 1_000;
      return REFUSED;
    });
    const { slots, sessions } = await budget();
    expect(slots).toMatchObject([{ reservedAtMs: START_MS, stampedAtMs: START_MS + 1_000 }]);
    expect(sessions).toEqual([]);
  });

  it("is never the eleventh call of a minute", async () => {
    let sent = 0;
    const send = async () => {
      sent += 1;
      return REFUSED;
    };
    for (let asked = 0; asked < 15; asked += 1) await world.purse.post(send);
    expect(sent).toBe(LIMITS.callsPerWindow);
    expect(await world.purse.post(send)).toMatchObject({ kind: "unpaid" });
  });

  it.each([
    ["a pause", async () => await paused()],
    [
      "a pause by a version that could not read the budget",
      async () => await notePause(world.ports.ledger, { v: 1, by: "a", why: "b", atMs: 1 }),
    ],
  ])("is not sent during %s, which it names", async (_, pausing) => {
    await pausing();
    const came = await world.purse.post(() => Promise.reject(new Error("sent")));
    expect(came).toMatchObject({ kind: "unpaid", why: expect.stringContaining("paused") });
  });

  it("closes the door when it is answered with 429, as any POST would", async () => {
    await world.purse.post(async () => THROTTLED);
    expect((await budget()).door.closedUntilMs).toBe(START_MS + 42_000);
  });

  it("costs nothing if it never left", async () => {
    await world.purse.post(async () => UNSENT);
    expect((await budget()).slots).toEqual([]);
  });

  it("has to leave within the send fence, counted from before it was paid", async () => {
    await world.purse.post(async (leaveWithinMs) => {
      world.time.ms += 1_500;
      expect(leaveWithinMs()).toBe(LIMITS.sendFenceMs - 1_500);
      return REFUSED;
    });
    expect.assertions(1);
  });
});

async function paused(): Promise<void> {
  const why = { by: "ana", why: "maintenance", atMs: START_MS };
  await changeBudgetAlone(world.ports, (now) => ({ ...now, paused: why }));
}
