import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { verifyChain } from "../../shared/evidence/custody.ts";
import { auditPageSchema, statusSchema, type Run } from "./answers.ts";
import { incident, machineId, machines, PATIENT_CALLS } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";
import { until } from "./until.ts";

const isTold = ({ waits }: Run["sequences"][number]) => waits?.code === "unanswered";

describe.concurrent("when results will not download", () => {
  let stage: Stage;
  beforeAll(async () => {
    // Each link is counted. So none is asked for again because it is old, an answer is late, or the
    // poll takes the collector, which it rings for again after twenty polls, for dead.
    stage = await openStage({
      machines: machines(4),
      env: { ...PATIENT_CALLS, POLL_SECONDS: "5" },
      timings: { linkSeconds: 86_400 },
    });
  });
  afterAll(async () => await stage.close());

  it("they are linked anew, and nothing is run again", async () => {
    for (const [nth, fault] of [
      [1, "403"],
      [2, "404"],
      [4, "truncated"],
      [5, "503"],
    ] as const) {
      stage.simulator.addFault({ on: "download", fault, nth });
    }
    const { runId } = await stage.accept("generic", incident("links", [1, 2, 3, 4]));
    const run = await stage.untilFinished(runId);
    expect(run.counts).toMatchObject({ total: 4, succeeded: 4 });
    const { entries, head } = await stage.manifest(runId);
    expect(verifyChain(entries, { number: 8, hash: head })).toMatchObject({ kind: "ok" });
    expect(stage.simulator.actions()).toHaveLength(4);
    expect(stage.simulator.reads()["link"]).toBe(8 + 4);
    expect(stage.simulator.violations()).toEqual([]);
  });
});

describe.concurrent("when Defender's answers go wrong", () => {
  let stage: Stage;
  beforeAll(async () => {
    // A lost POST is looked for at least as long as it could still arrive: here that is 3 s.
    stage = await openStage({ machines: machines(12), env: { CALL_TIMEOUT_SECONDS: "1" } });
  });
  afterAll(async () => await stage.close());
  /** Defender has nothing to complain of. */
  afterEach(() => expect(stage.simulator.violations()).toEqual([]));

  const actionsOn = (number: number) =>
    stage.simulator.actions().filter((action) => action.machineId === machineId(number));

  /** A run of one machine that came through whole, by the only action there was. */
  const ONCE = {
    counts: expect.objectContaining({ total: 1, succeeded: 1 }),
    chain: { kind: "ok", head: expect.objectContaining({ number: 2 }) },
    actions: ["Succeeded"],
  };

  async function endOf(runId: string, number: number): Promise<object> {
    const { counts } = await stage.untilFinished(runId);
    const { entries, head } = await stage.manifest(runId);
    const chain = verifyChain(entries, { number: entries.length, hash: head });
    return { counts, chain, actions: actionsOn(number).map(({ status }) => status) };
  }

  it.sequential("a list that fails a few times is asked for again", async () => {
    const { runId } = await stage.accept("generic", incident("list", [5]));
    for (const fault of ["500", "html", "drop-before"] as const) {
      stage.simulator.addFault({ on: "list", fault, times: 1 });
    }
    expect(await endOf(runId, 5)).toEqual(ONCE);
  });

  it.sequential("POSTs without an answer are found by their tags, or sent again if lost", async () => {
    for (const [nth, fault] of [
      [1, "drop-after"],
      [2, "500-after"],
      [3, "drop-before"],
    ] as const) {
      stage.simulator.addFault({ on: "submit", fault, nth });
    }
    const before = stage.simulator.arrivals().length;
    const { runId } = await stage.accept("generic", incident("answers lost", [6, 7, 8]));
    const run = await stage.untilFinished(runId);
    expect(run.counts).toMatchObject({ total: 3, succeeded: 3 });
    for (const number of [6, 7, 8]) {
      expect(actionsOn(number).map(({ status }) => status)).toEqual(["Succeeded"]);
    }
    // What breaks before the door is not seen there; so three arrived in four POSTs.
    expect(stage.simulator.arrivals()).toHaveLength(before + 3);
    expect((await stage.manifest(runId)).entries).toHaveLength(6);
  });

  it.sequential("what a gateway refuses ends nothing: lrq looks, says so, and tries again", async () => {
    stage.simulator.addFault({ on: "submit", fault: "403-page", nth: 1 });
    stage.simulator.addFault({ on: "submit", fault: "403-page-after", nth: 2 });
    // Without a list lrq cannot find out, so that it goes on saying so.
    const lift = stage.simulator.addFault({ on: "list", fault: "500" });
    const { runId } = await stage.accept("generic", incident("gateway", [10, 11]));
    const told = await stage.until(runId, ({ sequences }) => sequences.some(isTold));
    lift();
    expect(told.sequences.find(isTold)?.waits?.detail).toMatch(/HTTP 403.*proxy or gateway/);
    const run = await stage.untilFinished(runId);
    expect(run.counts).toMatchObject({ total: 2, succeeded: 2 });
    for (const number of [10, 11]) {
      expect(actionsOn(number).map(({ status }) => status)).toEqual(["Succeeded"]);
    }
  });

  it.sequential("a 201 with somebody else's action is not taken for ours", async () => {
    stage.simulator.addFault({ on: "submit", fault: "existing-action", nth: 1 });
    const { runId } = await stage.accept("generic", incident("not ours", [9]));
    const run = await stage.untilFinished(runId);
    expect(run.counts).toMatchObject({ total: 1, succeeded: 1 });
    const [others, ours, ...more] = actionsOn(9);
    expect(more).toEqual([]);
    expect(others).toMatchObject({ requestor: "another-product", status: "Succeeded" });
    expect(run.sequences[0]?.machineActionId).toBe(ours?.id);
  });
});

describe.concurrent("a tenant that takes fewer calls than it promised", () => {
  let stage: Stage;
  beforeAll(async () => {
    const limits = { callsPerMinute: 3, windowSeconds: 120 };
    stage = await openStage({ machines: machines(6), limits });
  });
  afterAll(async () => await stage.close());

  it("is obeyed: the run says that it waits for Defender, and everything is done", async () => {
    // On a busy machine three calls may take as long as a window: so others use all of it at first.
    const lift = stage.simulator.addFault({ on: "submit", fault: "429", retryAfter: "1" });
    const { runId } = await stage.accept("generic", incident("throttled", [1, 2, 3, 4, 5, 6]));
    const throttled = await stage.until(runId, ({ sequences }) =>
      sequences.some(({ waits }) => waits?.code === "throttled"),
    );
    const waiting = throttled.sequences.find(({ waits }) => waits?.code === "throttled");
    expect(waiting?.waits?.detail).toMatch(/Defender asked lrq to wait/);
    const status = statusSchema.parse((await stage.call("GET", "status")).body);
    expect(status.last429At).not.toBeNull();
    expect(status.othersUseTheQuota).toBe(true);
    lift();

    const run = await stage.untilFinished(runId);
    expect(run.counts).toMatchObject({ total: 6, succeeded: 6 });
    const machineIds = stage.simulator.actions().map((action) => action.machineId);
    expect(new Set(machineIds).size).toBe(6);
    expect(machineIds).toHaveLength(6);
  });
});

const isLockedOut = ({ sequences }: Run) =>
  sequences.every(({ waits }) => waits?.code === "lockedOut");

describe.concurrent("a tenant that refuses its list to the app", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ machines: machines(4) });
  });
  afterAll(async () => await stage.close());

  it("is given one sequence to run, which it will not show, and no more", async () => {
    const lift = stage.simulator.addFault({ on: "list", fault: "403" });
    const { runId } = await stage.accept("generic", incident("unseen", [1, 2, 3, 4]));
    const { sequences } = await stage.until(runId, isLockedOut);
    for (const { waits } of sequences) {
      expect(waits?.detail).toMatch(/refuses to list actions.*HTTP 403.*Machine\.ReadWrite\.All/s);
    }
    expect(stage.simulator.arrivals()).toHaveLength(1);
    expect(await statusOf(stage)).toMatchObject({
      next: { kind: "lockedOut" },
      lockedOut: { call: "list", httpStatus: 403 },
    });
    await until(
      () => stage.log.join("\n"),
      (log) => /lockedOut.*"list".*403/.test(log),
      (log) => log,
    );
    lift();

    const run = await stage.untilFinished(runId);
    expect(run.counts).toMatchObject({ total: 4, succeeded: 4 });
    expect((await statusOf(stage)).lockedOut).toBeNull();
  });
});

describe.concurrent("a tenant that refuses every POST of the app", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ machines: machines(5), env: PATIENT_CALLS });
  });
  afterAll(async () => await stage.close());

  it("is asked by one probe at a time, and then does all of it", async () => {
    // Defender has given a list by then, so all of the next ones may go at once.
    const first = await stage.accept("generic", incident("let in", [5]));
    await stage.untilFinished(first.runId);
    const posts = (wanted: number) =>
      stage.simulator.arrivals().filter(({ status }) => status === wanted).length;
    const lift = stage.simulator.addFault({ on: "submit", fault: "403" });
    const { runId } = await stage.accept("generic", incident("locked out", [1, 2, 3, 4]));
    const { sequences } = await stage.until(runId, isLockedOut);
    expect(new Set(sequences.map(({ waits }) => waits?.detail)).size).toBe(1);
    expect((await statusOf(stage)).lockedOut).toMatchObject({ call: "submit", httpStatus: 403 });
    await stage.until(runId, () => posts(403) >= 4 + 2);
    lift();

    const run = await stage.untilFinished(runId);
    expect(run.counts).toMatchObject({ total: 4, succeeded: 4 });
    expect(posts(201)).toBe(1 + 4);
    const { records } = auditPageSchema.parse((await stage.call("GET", "audit")).body);
    const own = records.filter(({ sequences: [of] }) => of?.sequenceId.startsWith(runId) === true);
    const refusedAt = own.findIndex(({ event }) => event === "givenBack");
    const from = own.findIndex(({ event }, at) => at > refusedAt && event === "claimed");
    const submittedAt = own.findIndex(({ event }) => event === "submitted");
    // Each probe has come back before the next one goes; the last one was let in.
    const probes = own.slice(from, submittedAt - 1);
    expect(probes.length).toBeGreaterThan(0);
    expect(probes.map(({ event, sequences: of }) => [event, of.length])).toEqual(
      probes.map((_, at) => [at % 2 === 0 ? "claimed" : "givenBack", 1]),
    );
  });
});

async function statusOf(stage: Stage) {
  return statusSchema.parse((await stage.call("GET", "status")).body);
}
