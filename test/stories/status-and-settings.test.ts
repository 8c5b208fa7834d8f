import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { problemSchema, statusSchema } from "./answers.ts";
import { incident, machineId, machines, OFFLINE_HOLDS } from "./machines.ts";
import { NOWHERE } from "./nowhere.ts";
import { openStage, type Stage } from "./stage.ts";

describe.concurrent("the status", () => {
  let stage: Stage;
  beforeAll(async () => {
    // Each sequence stays where it comes to at first, until the story lets it go on.
    const env = { ...OFFLINE_HOLDS, DEFENDER_MAX_SESSIONS: "2", MACHINE_BUSY_SECONDS: "3600" };
    stage = await openStage({ machines: machines(6), env });
  });
  afterAll(async () => await stage.close());

  const status = async () => statusSchema.parse((await stage.call("GET", "status")).body);

  it("adds up with the run: sessions, what waits in which lane, and what is parked", async () => {
    const others = [2, 3, 4, 5, 6];
    stage.simulator.holdPortalSession(machineId(1), true);
    for (const each of others) stage.simulator.setOffline(machineId(each), true);
    const { runId } = await stage.accept("generic", incident("adds up", [1, ...others]));
    const run = await stage.until(runId, ({ counts, sequences }) => {
      const codes = sequences.map(({ waits }) => waits?.code);
      const waiting = codes.filter((code) => code === "session");
      return counts.submitted === 2 && codes.includes("machineBusy") && waiting.length === 3;
    });
    const now = await status();
    expect(now.sessions).toMatchObject({ ours: 2, foreign: 0, cap: 2, setting: 2 });
    const open = now.sessions.open?.map((each) => each.sequenceId) ?? [];
    const submitted = run.sequences.filter(({ state }) => state === "submitted");
    expect(new Set(open)).toEqual(new Set(submitted.map((each) => each.sequenceId)));
    expect(now.calls.limit).toBe(10);
    expect(now.calls.used).toBeLessThanOrEqual(10);
    expect(now.next).toEqual({ kind: "full", at: null });
    expect(now.paused).toBeNull();
    const ready = now.waiting.reduce((sum, { count }) => sum + count, 0);
    expect(ready + now.parked.count + now.sessions.ours).toBe(6);
    expect(now.waiting.map(({ lane }) => lane)).toEqual([0, 1, 2, 3, 4]);
    const [, lane] = now.waiting;
    expect(lane?.oldestAcceptedAt).toBe(run.sequences[0]?.acceptedAt);
    const positions = run.sequences
      .map(({ waits }) => waits?.position ?? null)
      .filter((position) => position !== null);
    expect(positions.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);

    const parked = run.sequences.find(({ waits }) => waits?.code === "machineBusy");
    await stage.call("POST", `sequences/${parked?.sequenceId}/cancel`);
    for (const each of others) stage.simulator.setOffline(machineId(each), false);
    const { counts } = await stage.untilFinished(runId);
    expect(counts).toMatchObject({ succeeded: 5, cancelled: 1 });
    const after = await status();
    expect(after.sessions.ours).toBe(0);
    expect(after.waiting.every(({ count, oldestAcceptedAt }) => !count && !oldestAcceptedAt)).toBe(
      true,
    );
    expect(after.parked.count).toBe(0);
    expect(stage.simulator.violations()).toEqual([]);
  });

  it("of health is anonymous, and always the same", async () => {
    const anonymous = await stage.call("GET", "health", undefined, { key: null });
    expect(anonymous).toMatchObject({ status: 200, body: { status: "ok" } });
    const again = await stage.call("GET", "health");
    expect(again.body).toEqual(anonymous.body);
  });
});

describe.concurrent("an app with wrong settings", () => {
  const SECRET = "whsec_too-short";
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({
      env: {
        CALLERS: JSON.stringify([{ name: "a caller", hmac: [SECRET], may: ["everything"] }]),
        DEFENDER_CALLS_PER_MINUTE: "ten",
        DEFENDER_ACCESS_TOKEN: "a-secret-token",
        DEFENDER_API_URL: "https://defender.example",
        POLL_SECONDS: "-1",
      },
    });
  });
  afterAll(async () => await stage.close());

  it.each([
    ["POST", "incidents/generic"],
    ["GET", "runs/00000000000000000000"],
    ["GET", "runs/00000000000000000000/manifest"],
    ["GET", "runs/00000000000000000000/evidence/00000000000000000000.0/0"],
    ["POST", "runs/00000000000000000000/cancel"],
    ["GET", "status"],
    ["POST", "pause"],
    ["POST", "resume"],
  ] as const)("answers %s %s with all of them at once, and no values", async (method, path) => {
    const body = method === "POST" ? incident("not configured", [1]) : undefined;
    const answered = await stage.call(method, path, body);
    expect(answered.status).toBe(503);
    expect(answered.headers.get("content-type")).toBe("application/problem+json");
    const problem = problemSchema.parse(answered.body);
    expect(problem.type).toBe("urn:lrq:problem:not-configured");
    const paths = new Set(problem.errors?.map((each) => each.path));
    expect(paths).toEqual(
      new Set([
        "CALLERS.0.name",
        "CALLERS.0.hmac.0",
        "CALLERS.0.may.0",
        "DEFENDER_ACCESS_TOKEN",
        "DEFENDER_CALLS_PER_MINUTE",
        "POLL_SECONDS",
      ]),
    );
    expect(JSON.stringify(answered.body)).not.toMatch(/too-short|a-secret-token|ten"|a caller/);
  });

  it("still answers for its health, and stores nothing", async () => {
    expect((await stage.call("GET", "health", undefined, { key: null })).status).toBe(200);
    expect(await stage.rows()).toEqual({ ledger: [], messages: 0 });
  });
});

describe.concurrent("an app with no callers", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ env: { CALLERS: "[]" } });
  });
  afterAll(async () => await stage.close());

  it("refuses everybody, and says what to set", async () => {
    const answered = await stage.post("generic", incident("nobody", [1]));
    expect(answered.status).toBe(401);
    expect(problemSchema.parse(answered.body).detail).toMatch(/set CALLERS/);
  });
});

describe.concurrent("an app whose storage is out of reach", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage({ storage: NOWHERE });
  });
  afterAll(async () => await stage.close());

  it("asks the sender to come again, and answers for its health", async () => {
    const answered = await stage.post("generic", incident("nowhere", [1]));
    expect(answered.status).toBe(503);
    expect(problemSchema.parse(answered.body).type).toBe("urn:lrq:problem:unavailable");
    expect(Number(answered.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await stage.call("GET", "health", undefined, { key: null })).status).toBe(200);
  });
});
