import { describe, expect, it } from "vitest";
import type { SimulatedScript } from "../../../local/defender-simulator/options.ts";
import {
  codeOf,
  command,
  GET,
  idOf,
  machineId,
  machines,
  PUT,
  RUN,
  START_MS,
  startBench,
} from "./caller.ts";
import type { Bench } from "./caller.ts";

const SLOW = withScript({ seconds: 900 });
/** Longer than any session of these tests takes on a machine that is there. */
const A_WHILE_SECONDS = 400;

function withScript(script: SimulatedScript) {
  return machines(1, { scripts: { "run.ps1": script } });
}

async function finished(bench: Bench, commands: readonly unknown[]) {
  const id = idOf(await bench.submit(0, commands));
  bench.clock.advanceSeconds(A_WHILE_SECONDS);
  return bench.call("GET", `/api/machineactions/${id}`);
}

describe("a session on a machine that is there", () => {
  it("runs its commands in a row and is Succeeded only after a tail", async () => {
    const { submit, simulator, clock } = await startBench();
    await submit(0, [PUT, RUN, GET]);
    const seen = new Set<string>();
    for (let second = 0; second < A_WHILE_SECONDS; second += 1) {
      const [action] = simulator.actions();
      seen.add(`${action?.status} ${action?.commands.map(({ status }) => status).join(" ")}`);
      clock.advanceSeconds(1);
    }
    expect([...seen]).toEqual([
      "Pending Created Created Created",
      "InProgress Created Created Created",
      "InProgress Completed Created Created",
      "InProgress Completed Completed Created",
      "InProgress Completed Completed Completed",
      "Succeeded Completed Completed Completed",
    ]);
    const [action] = simulator.actions();
    const [put, run, get] = action?.commands ?? [];
    const firstSeconds = ((put?.startAtMs ?? 0) - START_MS) / 1_000;
    expect(firstSeconds).toBeGreaterThanOrEqual(120);
    expect(firstSeconds).toBeLessThanOrEqual(150);
    expect(run?.startAtMs).toBe(put?.endAtMs);
    expect((run?.endAtMs ?? 0) - (run?.startAtMs ?? 0)).toBe(30_000);
    const tailSeconds = ((action?.endedAtMs ?? 0) - (get?.endAtMs ?? 0)) / 1_000;
    expect(tailSeconds).toBeGreaterThanOrEqual(37);
    expect(tailSeconds).toBeLessThanOrEqual(46);
  });

  it("is hidden from GET and from the list for as long as the switches say", async () => {
    const { submit, call, clock } = await startBench({
      switches: { visibleAfterSeconds: [5, 5], listedAfterSeconds: [9, 9] },
    });
    const path = `/api/machineactions/${idOf(await submit(0))}`;
    const hidden = await call("GET", path);
    expect([hidden.status, codeOf(hidden)]).toEqual([404, "ResourceNotFound"]);
    clock.advanceSeconds(5);
    expect((await call("GET", path)).status).toBe(200);
    expect((await call("GET", "/api/machineactions")).at("value")).toEqual([]);
    clock.advanceSeconds(4);
    expect((await call("GET", "/api/machineactions")).at("value", 0, "type")).toBe("LiveResponse");
  });

  it("frees its machine when it has ended, not when its last command has", async () => {
    const { submit, simulator, clock } = await startBench();
    await submit(0);
    clock.advanceMs((await endOfLastCommand(simulator, clock)) - clock.nowMs());
    expect(simulator.actions()[0]?.commands[0]?.status).toBe("Completed");
    expect((await submit(0)).status).toBe(400);
    clock.advanceSeconds(46);
    expect((await submit(0)).status).toBe(201);
  });
});

async function endOfLastCommand(
  simulator: Bench["simulator"],
  clock: Bench["clock"],
): Promise<number> {
  for (let second = 0; second < A_WHILE_SECONDS; second += 1) {
    const endAtMs = simulator.actions()[0]?.commands.at(-1)?.endAtMs ?? null;
    if (endAtMs !== null) return clock.nowMs();
    clock.advanceSeconds(1);
  }
  throw new Error("The session took longer than expected");
}

describe("a command that fails", () => {
  it("stops the rest, which stay Created with null times", async () => {
    const bench = await startBench({ machines: withScript({ failsAction: true, exitCode: 3 }) });
    const action = await finished(bench, [RUN, GET]);
    expect(action.at("status")).toBe("Failed");
    expect(action.at("errorHResult")).toBe(0);
    expect(action.at("commands", 0)).toMatchObject({
      commandStatus: "Failed",
      errors: ["The script ended with exit code 3"],
    });
    expect(action.at("commands", 1)).toMatchObject({
      commandStatus: "Created",
      startTime: null,
      endTime: null,
    });
  });

  it("looks different under other switches", async () => {
    const bench = await startBench({
      machines: withScript({ failsAction: true }),
      switches: {
        neverRunStatus: "Skipped",
        commandErrors: "objects",
        failureHResult: -2147024891,
        troubleshootInfo: "see the log",
      },
    });
    const action = await finished(bench, [RUN, GET]);
    expect(action.at("errorHResult")).toBe(-2147024891);
    expect(action.at("troubleshootInfo")).toBe("see the log");
    expect(action.at("commands", 0, "errors", 0, "code")).toBe("CommandFailed");
    expect(action.at("commands", 1, "commandStatus")).toBe("Skipped");
  });

  it.each([
    ["RunScript", command("RunScript", { ScriptName: "none.ps1" })],
    ["PutFile", command("PutFile", { FileName: "none.zip" })],
  ])("is %s of a file that is not in the library", async (_, failing) => {
    expect((await finished(await startBench(), [failing])).at("status")).toBe("Failed");
  });

  it("is GetFile of a file that nothing has made", async () => {
    expect((await finished(await startBench(), [GET])).at("status")).toBe("Failed");
  });

  it("is not a script with a bad exit code, unless the switch says so", async () => {
    const failing = withScript({ exitCode: 1 });
    const lenient = await startBench({ machines: failing });
    expect((await finished(lenient, [RUN])).at("status")).toBe("Succeeded");
    const strict = await startBench({
      machines: failing,
      switches: { exitCodeFailsAction: true },
    });
    expect((await finished(strict, [RUN])).at("status")).toBe("Failed");
  });

  it("leaves no file behind", async () => {
    const bench = await startBench({ machines: withScript({ exitCode: 1 }) });
    const action = await finished(bench, [RUN, GET]);
    expect(action.at("commands", 1, "commandStatus")).toBe("Failed");
  });
});

describe("a file that a script made", () => {
  it("is still there for a later action, whatever the case of its path", async () => {
    const bench = await startBench();
    await finished(bench, [RUN]);
    const later = command("GetFile", { Path: "c:/temp/OUT.zip" });
    expect((await finished(bench, [later])).at("status")).toBe("Succeeded");
  });
});

describe("a script that takes too long", () => {
  it("ends its action with TimeOut after ten minutes", async () => {
    const bench = await startBench({ machines: SLOW });
    await finished(bench, [RUN]);
    bench.clock.advanceSeconds(600);
    const [action] = bench.simulator.actions();
    expect(action?.status).toBe("TimeOut");
    const [run] = action?.commands ?? [];
    expect((run?.endAtMs ?? 0) - (run?.startAtMs ?? 0)).toBe(600_000);
  });

  it("ends Failed or Succeeded where the switches allow for it", async () => {
    expect(await slowOutcome({ timeOutMeans: "queue" })).toBe("Failed");
    expect(await slowOutcome({ runScriptTimeoutSeconds: 1_800 })).toBe("Succeeded");
  });
});

describe("a machine that is away", () => {
  it("keeps its action Pending until it is back", async () => {
    const { submit, simulator, clock } = await startBench({
      machines: machines(1, { offline: [{ fromSeconds: 0, untilSeconds: 3_600 }] }),
    });
    await submit(0);
    clock.advanceSeconds(3_599);
    expect(simulator.actions()[0]?.status).toBe("Pending");
    clock.advanceSeconds(1);
    expect(simulator.actions()[0]?.status).toBe("InProgress");
    clock.advanceSeconds(A_WHILE_SECONDS);
    expect(simulator.actions()[0]?.status).toBe("Succeeded");
  });

  it("runs an action that it has begun to its end", async () => {
    const { submit, simulator, clock } = await startBench();
    await submit(0);
    clock.advanceSeconds(60);
    expect(simulator.actions()[0]?.status).toBe("InProgress");
    simulator.setOffline(machineId(0), true);
    clock.advanceSeconds(A_WHILE_SECONDS);
    expect(simulator.actions()[0]?.status).toBe("Succeeded");
  });

  it("can be switched off and on by hand, and starts from the time it is back", async () => {
    const { submit, simulator, clock } = await startBench();
    simulator.setOffline(machineId(0), true);
    await submit(0);
    clock.advanceSeconds(1_000);
    expect(simulator.actions()[0]?.status).toBe("Pending");
    simulator.setOffline(machineId(0), false);
    clock.advanceSeconds(60);
    expect(simulator.actions()[0]?.status).toBe("InProgress");
    expect(simulator.actions()[0]?.commands[0]?.startAtMs).toBeNull();
  });

  it("is given up after three days, or when and how the switches say", async () => {
    expect(await awayOutcome(3 * 86_400 - 1, {})).toBe("Pending");
    expect(await awayOutcome(3 * 86_400, {})).toBe("TimeOut");
    expect(await awayOutcome(7_200, { queueTtlSeconds: 7_200 })).toBe("TimeOut");
    expect(await awayOutcome(3 * 86_400, { timeOutMeans: "execution" })).toBe("Failed");
  });

  it("is never there when it is not onboarded", async () => {
    const { submit, simulator, clock } = await startBench({
      machines: machines(1, { onboardingStatus: "CanBeOnboarded" }),
    });
    await submit(0);
    clock.advanceSeconds(A_WHILE_SECONDS);
    expect(simulator.actions()[0]?.status).toBe("Pending");
  });
});

async function slowOutcome(switches: object) {
  const bench = await startBench({ machines: SLOW, switches });
  await finished(bench, [RUN]);
  bench.clock.advanceSeconds(900);
  return bench.simulator.actions()[0]?.status;
}

async function awayOutcome(seconds: number, switches: object) {
  const { submit, simulator, clock } = await startBench({
    machines: machines(1, { offline: [{ fromSeconds: 0 }] }),
    switches,
  });
  await submit(0);
  clock.advanceSeconds(seconds);
  return simulator.actions()[0]?.status;
}
