import { setTimeout as pass } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  incident,
  machine,
  machineId,
  machines,
  OFFLINE_HOLDS,
  PATIENT_CALLS,
} from "./machines.ts";
import { auditPageSchema } from "./answers.ts";
import { openStage, type Stage } from "./stage.ts";

/** Long enough for several polls and several windows of the limit. */
const A_WHILE_MS = 2_500;
/** Of the tenant: longer than any story. */
const DAY_SECONDS = 86_400;

describe.concurrent("a pause", () => {
  let stage: Stage;
  beforeAll(async () => {
    const env = { ...OFFLINE_HOLDS, DEFENDER_MAX_SESSIONS: "10" };
    stage = await openStage({ machines: machines(30), env });
  });
  afterAll(async () => await stage.close());

  it.sequential("keeps everything from Defender's door, and the run says by whom and why", async () => {
    const before = stage.simulator.arrivals().length;
    const why = "the tenant is being moved";
    const paused = await stage.call("POST", "pause", { reason: why });
    expect(paused).toMatchObject({ status: 200, body: { paused: true, by: "local", reason: why } });
    const { runId } = await stage.accept("generic", incident("paused", [1, 2]));
    await pass(A_WHILE_MS);
    const run = await stage.run(runId);
    expect(run.sequences).toHaveLength(2);
    for (const { state, waits } of run.sequences) {
      expect(state).toBe("waiting");
      expect(waits).toMatchObject({ code: "paused", detail: `Paused by local: ${why}` });
    }
    const status = await stage.call("GET", "status");
    expect(status.body).toMatchObject({ paused: { by: "local", why }, next: { kind: "paused" } });
    expect(stage.simulator.arrivals()).toHaveLength(before);

    expect(await stage.call("POST", "resume")).toMatchObject({ status: 200 });
    expect((await stage.untilFinished(runId)).counts.succeeded).toBe(2);
  });

  it.sequential("in the middle of a run stops it there, and what is at Defender still ends", async () => {
    const before = stage.simulator.arrivals().length;
    const numbers = Array.from({ length: 25 }, (_, index) => index + 5);
    // They keep their sessions until the pause is there, so it always comes before all are sent.
    for (const number of numbers) stage.simulator.setOffline(machineId(number), true);
    const { runId } = await stage.accept("generic", incident("half way", numbers));
    await stage.until(runId, () => stage.simulator.arrivals().length > before);
    await stage.call("POST", "pause", { reason: "enough for now" });
    for (const number of numbers) stage.simulator.setOffline(machineId(number), false);
    const settled = await stage.until(runId, ({ counts }) => {
      return counts.succeeded + counts.waiting === numbers.length;
    });
    await pass(A_WHILE_MS);
    const sent = stage.simulator.arrivals().length - before;
    expect(sent).toBeLessThan(numbers.length);
    expect(settled.counts).toMatchObject({ succeeded: sent, waiting: numbers.length - sent });
    // A POST of before may still leave within the two seconds of its claim; no claim comes after.
    const { records } = auditPageSchema.parse((await stage.call("GET", "audit")).body);
    const pausedAt = records.findIndex(({ detail }) => detail === "enough for now");
    expect(pausedAt).toBeGreaterThan(0);
    expect(records.slice(pausedAt).filter(({ event }) => event === "claimed")).toEqual([]);
    await stage.call("POST", "resume");
    expect((await stage.untilFinished(runId)).counts.succeeded).toBe(numbers.length);
    expect(stage.simulator.violations()).toEqual([]);
  });
});

describe.concurrent("a cancel", () => {
  let stage: Stage;
  beforeAll(async () => {
    // It runs until it is cancelled, and so does somebody else's session.
    const endless = { "Collect-WindowsTriage.ps1": { seconds: DAY_SECONDS } };
    stage = await openStage({
      machines: [machine(1, { scripts: endless }), ...machines(8).slice(1)],
      switches: { runScriptTimeoutSeconds: DAY_SECONDS },
      // Whoever meets a busy machine stays parked until the test has looked at it.
      env: { ...PATIENT_CALLS, MACHINE_BUSY_SECONDS: "3600" },
    });
  });
  afterAll(async () => await stage.close());

  it.sequential("ends what waits at once, what runs at Defender, and no other's session", async () => {
    const { cancel: before = 0 } = stage.simulator.reads();
    const foreign = stage.simulator.startForeignSession(
      machineId(3),
      "another-product",
      DAY_SECONDS,
    );
    stage.simulator.holdPortalSession(machineId(2), true);
    const { runId } = await stage.accept("generic", incident("cancelled", [1, 2, 3, 4]));
    await stage.until(runId, ({ counts, sequences }) => {
      const parked = sequences.filter(({ waits }) => waits?.code === "machineBusy");
      return counts.submitted === 1 && parked.length === 2 && counts.succeeded === 1;
    });
    const wouldBe = { ended: 2, asked: 1, alreadyOver: 1, setAside: 0 };
    const preview = await stage.call("POST", `runs/${runId}/cancel?preview=true`);
    expect(preview).toMatchObject({ status: 200, body: wouldBe });
    const ofAll = await stage.call("POST", "cancel?preview=true");
    expect(ofAll).toMatchObject({ status: 200, body: { runs: 1, ...wouldBe } });
    expect((await stage.run(runId)).counts).toMatchObject({ waiting: 2, submitted: 1 });
    const answered = await stage.call("POST", `runs/${runId}/cancel`);
    expect(answered).toMatchObject({ status: 202, body: { ended: 2, asked: 1, alreadyOver: 1 } });
    const now = await stage.run(runId);
    expect(now.counts).toMatchObject({ waiting: 0, succeeded: 1 });

    const run = await stage.untilFinished(runId);
    expect(run.counts).toMatchObject({ total: 4, cancelled: 3, succeeded: 1 });
    const cancelled = run.sequences.filter(({ state }) => state === "cancelled");
    for (const { outcome } of cancelled) {
      expect(outcome).toEqual({ code: "cancelled", detail: "Cancelled by local." });
    }
    const statuses = new Map(stage.simulator.actions().map(({ id, status }) => [id, status]));
    expect(statuses.get(foreign)).toBe("InProgress");
    const ours = run.sequences.find(({ machineId: id }) => id === machineId(1));
    expect(statuses.get(ours?.machineActionId ?? "")).toBe("Cancelled");
    expect(stage.simulator.reads()["cancel"]).toBe(before + 1);
  });

  it.sequential("of everything ends what is ours in every run, and finds nothing the second time", async () => {
    const runs = [await waitingRun("all, first", 5), await waitingRun("all, second", 6)];
    const all = await stage.call("POST", "cancel");
    expect(all).toMatchObject({ status: 202, body: { runs: 2, alreadyOver: 0 } });
    for (const runId of runs) {
      const run = await stage.untilFinished(runId);
      expect(run.counts).toMatchObject({ total: 1, cancelled: 1 });
    }
    const again = await stage.call("POST", "cancel");
    expect(again).toMatchObject({ body: { runs: 0, ended: 0, asked: 0 } });
  });

  it.sequential("asked for twice does no more, and none is known for a run that is not there", async () => {
    const runId = await waitingRun("twice", 7);
    const first = await stage.call("POST", `runs/${runId}/cancel`);
    expect(first).toMatchObject({ status: 202, body: { ended: 1, asked: 0, alreadyOver: 0 } });
    const again = await stage.call("POST", `runs/${runId}/cancel`);
    expect(again).toMatchObject({ status: 202, body: { ended: 0, asked: 0, alreadyOver: 1 } });
    expect((await stage.call("POST", "runs/00000000000000000000/cancel")).status).toBe(404);
  });

  /** A run of one machine that a person sits on, so that it stays open until it is cancelled. */
  async function waitingRun(id: string, number: number): Promise<string> {
    stage.simulator.holdPortalSession(machineId(number), true);
    const { runId } = await stage.accept("generic", incident(id, [number]));
    await stage.until(runId, ({ sequences }) => sequences[0]?.waits?.code === "machineBusy");
    return runId;
  }
});
