import { setTimeout as pass } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { problemSchema } from "./answers.ts";
import { incident, machine, machineId } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

/** Long enough for several polls and several windows of the limit. */
const A_WHILE_MS = 2_500;
/** Ten a second. */
const PATIENCE_LOOKS = 400;

describe("a lockdown", () => {
  /** Read again whenever a host starts. Without lingering drains a host stops at once. */
  const env: Record<string, string> = { DEFENDER_MAX_SESSIONS: "3", DRAIN_LINGER_SECONDS: "0" };
  let stage: Stage;
  let runId = "";
  beforeAll(async () => {
    // The first of them last from before the lock until well into it.
    const slow = { "Collect-WindowsTriage.ps1": { seconds: 400 } };
    stage = await openStage({
      machines: [1, 2, 3, 4, 5, 6].map((number) =>
        machine(number, number <= 3 ? { scripts: slow } : {}),
      ),
      env,
    });
    ({ runId } = await stage.accept("generic", incident("locked", [1, 2, 3, 4, 5, 6])));
    await stage.until(runId, ({ counts }) => counts.submitted === 3);
    await stage.host.stop();
    env["LOCKDOWN"] = "true";
    await stage.restartHost();
  });
  afterAll(async () => await stage.close());

  it.each([
    ["POST", "incidents/generic"],
    ["POST", "incidents/graph?validationToken=x"],
    ["GET", "runs/00000000000000000000"],
    ["GET", "runs/00000000000000000000/manifest"],
    ["GET", "runs/00000000000000000000/evidence/00000000000000000000.0/0"],
    ["POST", "runs/00000000000000000000/cancel"],
    ["GET", "status"],
    ["POST", "pause"],
    ["POST", "resume"],
  ] as const)("refuses %s %s even to who may do everything", async (method, path) => {
    const answered = await stage.call(method, path, method === "POST" ? {} : undefined);
    const problem = problemSchema.parse(answered.body);
    expect([answered.status, problem.type]).toEqual([503, "urn:lrq:problem:locked-down"]);
    expect(answered.headers.get("retry-after")).toBe("30");
  });

  it("answers for its health", async () => {
    expect((await stage.call("GET", "health", undefined, { key: null })).status).toBe(200);
  });

  it("starts nothing at Defender, and cancels nothing, but watches what is open", async () => {
    const before = stage.simulator.arrivals().length;
    const { list = 0, cancel = 0 } = stage.simulator.reads();
    // Once what was open has ended, its sessions are free, and whoever freed them rings.
    const isLogged = (part: string) => stage.log.some((line) => line.includes(part));
    await until(() => isLogged('"state":"succeeded"') && isLogged('"event":"lockedDown"'));
    await pass(A_WHILE_MS);
    expect(stage.simulator.arrivals()).toHaveLength(before);
    expect(stage.simulator.reads()["list"] ?? 0).toBeGreaterThan(list);
    expect(stage.simulator.reads()["cancel"] ?? 0).toBe(cancel);
  });

  it("once lifted lets everything go on, nothing twice", async () => {
    await stage.host.stop();
    delete env["LOCKDOWN"];
    await stage.restartHost();
    expect((await stage.untilFinished(runId)).counts).toMatchObject({ total: 6, succeeded: 6 });
    const machines = stage.simulator.arrivals().map(({ machineId: id }) => id);
    expect(machines.toSorted()).toEqual([1, 2, 3, 4, 5, 6].map(machineId));
    expect(stage.simulator.violations()).toEqual([]);
  });
});

async function until(holds: () => boolean): Promise<void> {
  for (let look = 0; look < PATIENCE_LOOKS && !holds(); look += 1) await pass(100);
  expect(holds()).toBe(true);
}
