import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { incident, machine, machineId, refusingMachines } from "./machines.ts";
import { openStage, type Stage } from "./stage.ts";

const TRIAGE = "Collect-WindowsTriage.ps1";
const REFUSED = [101, 102, 103];

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({
    machines: [
      machine(1, { scripts: { [TRIAGE]: { failsAction: true, exitCode: 1 } } }),
      machine(2, { scripts: { [TRIAGE]: { exitCode: 3, output: "hm", errors: "no rights" } } }),
      machine(3),
      machine(4),
      machine(5, { refuses: "DisallowedOperation" }),
      ...refusingMachines(...REFUSED),
    ],
    env: {
      // One session and little patience: the offline machine gives its session up. It rests until
      // the other one has it and the story has looked.
      DEFENDER_MAX_SESSIONS: "1",
      DEFENDER_PENDING_MINUTES: "0.02",
      MACHINE_OFFLINE_SECONDS: "12",
    },
  });
});
afterAll(async () => await stage.close());
/** Defender has nothing to complain of. */
afterEach(() => expect(stage.simulator.violations()).toEqual([]));

const actionsOn = (number: number) =>
  stage.simulator.actions().filter((action) => action.machineId === machineId(number));

describe("a script that fails", () => {
  it("stops the commands after it, and the run says which one it was", async () => {
    const { runId } = await stage.accept("generic", incident("fails", [1]));
    const [sequence] = (await stage.untilFinished(runId)).sequences;
    expect(sequence).toMatchObject({ state: "failed", outcome: { code: "commandFailed" } });
    expect(sequence?.outcome?.detail).toMatch(/^Command 2 \(RunScript\) failed/);
    const statuses = sequence?.commands.map(({ status }) => status);
    expect(statuses).toEqual(["Completed", "Failed", "Created"]);
    const [action] = actionsOn(1);
    expect(action?.commands.map(({ startAtMs }) => startAtMs !== null)).toEqual([
      true,
      true,
      false,
    ]);
    expect(actionsOn(1)).toHaveLength(1);
  });

  it("in its own words only, with an exit code, is collected and shown", async () => {
    const query = { profile: "run-script", "parameter.script": TRIAGE };
    const { runId } = await stage.accept("generic", incident("exit code", [2]), { query });
    const [sequence] = (await stage.untilFinished(runId)).sequences;
    expect(sequence?.state).toBe("succeeded");
    expect(sequence?.commands[0]?.result).toMatchObject({
      state: "stored",
      exitCode: 3,
      output: "hm",
      scriptErrors: "no rights",
    });
  });
});

describe("a machine that is offline", () => {
  it("gives its session to others, is shown as offline, and is collected once it is back", async () => {
    stage.simulator.setOffline(machineId(3), true);
    const away = await stage.accept("generic", incident("offline", [3]));
    await stage.until(away.runId, (run) => run.counts.submitted === 1);
    const other = await stage.accept("generic", incident("others wait", [4]));
    const waiting = await stage.until(
      away.runId,
      (run) => run.sequences[0]?.waits?.code === "offline",
    );
    expect(waiting.sequences[0]?.waits?.detail).toMatch(
      /has not answered since .* tries it again from/,
    );
    expect((await stage.untilFinished(other.runId)).counts.succeeded).toBe(1);

    stage.simulator.setOffline(machineId(3), false);
    expect((await stage.untilFinished(away.runId)).counts.succeeded).toBe(1);
    const [last, ...before] = actionsOn(3).toReversed();
    expect(last?.status).toBe("Succeeded");
    expect(before.length).toBeGreaterThan(0);
    for (const given of before) {
      expect(given.status).toBe("Cancelled");
      expect(given.commands.every(({ startAtMs }) => startAtMs === null)).toBe(true);
    }
    expect((await stage.manifest(away.runId)).entries).toHaveLength(2);
  });
});

describe("a machine that somebody works on in the portal", () => {
  it("is waited for, shown as busy, and collected when they are done", async () => {
    stage.simulator.holdPortalSession(machineId(4), true);
    const query = { again: "true" };
    const { runId } = await stage.accept("generic", incident("portal", [4]), { query });
    await stage.until(runId, ({ sequences }) => sequences[0]?.waits?.code === "machineBusy");
    const actionsBefore = actionsOn(4).length;
    stage.simulator.holdPortalSession(machineId(4), false);
    expect((await stage.untilFinished(runId)).counts.succeeded).toBe(1);
    expect(actionsOn(4)).toHaveLength(actionsBefore + 1);
  });
});

describe("a machine Defender will not work on", () => {
  it("is refused in Defender's words, each of several in one run, and asked once", async () => {
    const { runId } = await stage.accept("generic", incident("refused", [...REFUSED, 4]));
    const run = await stage.untilFinished(runId);
    expect(run.counts).toMatchObject({ total: 4, refused: 3, succeeded: 1 });
    for (const number of REFUSED) {
      const sequence = run.sequences.find((each) => each.machineId === machineId(number));
      expect(sequence?.outcome).toMatchObject({ code: "ClientVersionNotSupported" });
      const posts = stage.simulator
        .arrivals()
        .filter((arrival) => arrival.machineId === machineId(number));
      expect(posts).toHaveLength(1);
    }
  });
});
