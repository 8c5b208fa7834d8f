import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { virtualClock } from "../../../local/defender-simulator/clock.ts";
import { sampleTenant } from "../../../local/defender-simulator/sample-tenant.ts";
import { startSimulator } from "../../../local/defender-simulator/simulator.ts";
import type { SimulatedAction } from "../../../local/defender-simulator/views.ts";
import { command, idOf, machineId, machines, RUN, START_MS, startBench } from "./caller.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "defender-simulator-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

describe("the simulator", () => {
  it("gives the same ids and course for the same seed, others for another", async () => {
    expect(await courseOf(1)).toEqual(await courseOf(1));
    expect(await courseOf(1)).not.toEqual(await courseOf(2));
  });

  it("draws the same for an action, whatever is read before", async () => {
    expect(await courseOf(1, "/api/machineactions")).toEqual(await courseOf(1));
  });

  it("lets a token live for its real seconds, whatever its speed", async () => {
    const simulator = await startSimulator({ seed: 1, speed: 20, machines: [] });
    onTestFinished(() => simulator.close());
    const form = { grant_type: "client_credentials", client_id: "a", client_secret: "b" };
    const body = new URLSearchParams({ ...form, scope: "x/.default" });
    const answer = await fetch(`${simulator.url}/t/oauth2/v2.0/token`, { method: "POST", body });
    const { access_token: token } = z
      .object({ access_token: z.string() })
      .parse(await answer.json());
    const claims = z.object({ iat: z.number(), exp: z.number() });
    const said = Buffer.from(token.split(".")[1] ?? "", "base64url").toString();
    const { iat, exp } = claims.parse(JSON.parse(said));
    expect(exp - iat).toBe(3_599);
  });

  it("divides every duration by its speed and leaves time stamps alone", async () => {
    const beforeMs = Date.now();
    const simulator = await startSimulator({
      seed: 1,
      speed: 20,
      machines: machines(2),
      limits: { callsPerMinute: 1 },
    });
    onTestFinished(() => simulator.close());
    const post = (machine: number) =>
      fetch(`${simulator.url}/api/machines/${machineId(machine)}/runliveresponse`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ Commands: [RUN] }),
      });
    expect((await post(0)).status).toBe(201);
    expect(simulator.actions()[0]?.createdAtMs).toBeGreaterThanOrEqual(beforeMs);
    const refused = await post(1);
    // Sixty seconds at speed 20 are three, less what has passed since the first call.
    expect(["1", "2", "3"]).toContain(refused.headers.get("retry-after"));
  });

  it("answers 404 in the API's shape for what it does not know", async () => {
    const { call } = await startBench();
    const reply = await call("GET", "/api/alerts");
    expect([reply.status, reply.at("error", "code")]).toEqual([404, "NotFound"]);
  });

  it("refuses to start with a machine id or a speed that make no sense", async () => {
    const bad = [{ ...machines(1)[0]!, id: "pc-1" }];
    await expect(startSimulator({ seed: 1, machines: bad })).rejects.toThrow("40 hex digits");
    const stopped = startSimulator({ seed: 1, machines: [], speed: 0 });
    await expect(stopped).rejects.toThrow("above 0");
  });

  it("refuses to turn machines it does not have, or busy ones", async () => {
    const { simulator } = await startBench();
    expect(() => simulator.setOffline("pc", true)).toThrow("no machine");
    simulator.startForeignSession(machineId(0), "other");
    expect(() => simulator.startForeignSession(machineId(0), "third")).toThrow("busy");
  });

  it("frees its port when it is closed, even while an answer is held back", async () => {
    const { simulator, submit } = await startBench({
      faults: [{ on: "submit", fault: "slow", seconds: 60 }],
    });
    const waiting = submit(0).catch((error: unknown) => error);
    await expect.poll(() => fetch(`${simulator.url}/api/machines`).then((r) => r.ok)).toBe(true);
    await simulator.close();
    expect(await waiting).toBeInstanceOf(TypeError);
    await expect(fetch(simulator.url)).rejects.toThrow(/fetch failed|terminated/);
  });
});

describe("a snapshot", () => {
  it("lets the next life go on where the last one was killed", async () => {
    const snapshotFile = join(folder(), "deep", "tenant.json");
    const first = await startBench({ snapshotFile, limits: { callsPerMinute: 2 } });
    const id = idOf(await first.submit(0));
    first.simulator.setOffline(machineId(1), true);
    await first.submit(1);
    const form = new FormData();
    form.set("file", new Blob(["x"]), "uploaded.ps1");
    await first.call("POST", "/api/libraryfiles", form);
    await first.call("DELETE", "/api/libraryfiles/tools.zip");
    // The first life is not closed: what counts is what was written before each answer.
    const second = await startBench({ snapshotFile, limits: { callsPerMinute: 2 } });
    expect((await second.submit(2)).status).toBe(429);
    second.clock.advanceSeconds(400);
    expect(second.simulator.actions()).toMatchObject([
      { id, status: "Succeeded" },
      { status: "Pending" },
    ]);
    first.clock.advanceSeconds(400);
    expect(second.simulator.actions()).toEqual(first.simulator.actions());
    const run = command("RunScript", { ScriptName: "uploaded.ps1" });
    expect((await second.submit(3, [run])).status).toBe(201);
    const library = await second.call("GET", "/api/libraryfiles");
    expect(library.text).not.toContain("tools.zip");
    expect(readdirSync(join(snapshotFile, ".."))).toEqual(["tenant.json"]);
  });

  it("keeps outage windows where they were", async () => {
    const snapshotFile = join(folder(), "tenant.json");
    const offline = [{ fromSeconds: 0, untilSeconds: 1_000 }];
    const given = { seed: 1, machines: machines(1, { offline }), snapshotFile };
    const clock = virtualClock(START_MS);
    const first = await startSimulator({ ...given, clock });
    await first.close();
    clock.advanceSeconds(900);
    const second = await startBench({ ...given, clock });
    await second.submit(0);
    clock.advanceSeconds(101);
    expect(second.simulator.actions()[0]?.status).toBe("InProgress");
  });

  it("is refused when the file is something else", async () => {
    const snapshotFile = join(folder(), "tenant.json");
    writeFileSync(snapshotFile, "{}");
    const start = startSimulator({ seed: 1, machines: [], snapshotFile });
    await expect(start).rejects.toThrow("not a snapshot");
  });
});

describe("the sample tenant", () => {
  it("has as many machines as wanted, each its own, the same every time", () => {
    const { machines: sample } = sampleTenant({ machines: 250 });
    expect(new Set(sample.map(({ id }) => id)).size).toBe(250);
    expect(sample.every(({ id }) => /^[0-9a-f]{40}$/.test(id))).toBe(true);
    expect(sampleTenant({ machines: 250 }).machines).toEqual(sample);
    expect(new Set(sample.map(({ osPlatform }) => osPlatform))).toContain("Linux");
  });

  it.each([
    ["Collect-WindowsTriage.ps1", "C:\\ProgramData\\lrq\\triage.zip", "PK"],
    ["Collect-ProcessDump.ps1", "C:\\ProgramData\\lrq\\process-dump.zip", "PK"],
    ["collect-unix-triage.sh", "/tmp/lrq-triage.tar.gz", "\u001F"],
  ])("runs %s, which leaves its archive behind", async (scriptName, path, magic) => {
    const bench = await startBench({
      ...sampleTenant({ machines: 1 }),
      switches: { fileResult: "raw" },
    });
    const [machine] = sampleTenant({ machines: 1 }).machines;
    const posted = await bench.call("POST", `/api/machines/${machine?.id}/runliveresponse`, {
      Commands: [
        command("PutFile", { FileName: "windows-triage-list.json" }),
        command("RunScript", { ScriptName: scriptName }),
        command("GetFile", { Path: path }),
      ],
    });
    bench.clock.advanceSeconds(400);
    const [action] = bench.simulator.actions();
    expect(action?.status).toBe("Succeeded");
    const run = action?.commands[1];
    const seconds = ((run?.endAtMs ?? 0) - (run?.startAtMs ?? 0)) / 1_000;
    expect(seconds).toBeGreaterThanOrEqual(20);
    expect(seconds).toBeLessThanOrEqual(60);
    const called = "GetLiveResponseResultDownloadLink(index=2)";
    const link = await bench.call("GET", `/api/machineactions/${idOf(posted)}/${called}`);
    expect((await bench.call("GET", String(link.at("value")))).text.startsWith(magic)).toBe(true);
  });
});

async function courseOf(seed: number, read?: string): Promise<readonly SimulatedAction[]> {
  const { call, submit, clock, simulator } = await startBench({ seed });
  if (read !== undefined) await call("GET", read);
  await submit(0);
  clock.advanceSeconds(400);
  return simulator.actions();
}
