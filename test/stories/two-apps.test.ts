import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSimulator, type Simulator } from "../../local/defender-simulator/simulator.ts";
import { startHostProcess, type HostProcess } from "../../local/host-process.ts";
import { localSettings } from "../../local/settings.ts";
import { takeAccount } from "../azurite-account.ts";
import { DISABLED, registeredFunctions } from "../docs/two-apps.ts";
import { askingAt, type Asking } from "./asking.ts";
import { LIBRARY, machineId, machines } from "./machines.ts";

const SPEED = 60;
const KEY = "the key of a caller";
const PROFILE = { profile: "windows-triage" };
const TOKENS = [
  { token: "front", roles: ["Machine.Read.All"] },
  { token: "back", roles: ["Machine.LiveResponse", "Machine.ReadWrite.All", "Library.Manage"] },
];

let simulator: Simulator;
let front: HostProcess;
let back: HostProcess;
const log: string[] = [];
const asking: Asking = askingAt(() => front.url, KEY, log);

beforeAll(async () => {
  const token = { required: true, accepted: TOKENS };
  const tenant = { seed: 7, speed: SPEED, machines: machines(2), library: LIBRARY, token };
  simulator = await startSimulator({ ...tenant, switches: { readRoleSuffices: false } });
  const storage = takeAccount();
  front = await start("front", storage);
  back = await start("back", storage);
});
afterAll(async () => {
  await Promise.all([front.stop(), back.stop()]);
  await simulator.close();
});

const logged = (line: string): void => void log.push(line);

async function start(app: "front" | "back", storage: string): Promise<HostProcess> {
  const disabled = (DISABLED.get(app) ?? []).map((name) => [
    `AzureWebJobs.${name}.Disabled`,
    "true",
  ]);
  const env = {
    ...Object.fromEntries(disabled),
    DEFENDER_TENANT_ID: "contoso",
    DEFENDER_CLIENT_ID: app,
    LEDGER_CLIENT_ID: "back",
    DEFENDER_ACCESS_TOKEN: app,
  };
  const parts = {
    storage,
    simulator: { url: simulator.url, speed: SPEED },
    key: KEY,
    stateDir: "",
  };
  const settings = { ...localSettings(parts, env), LRQ_STATE_DIR: undefined };
  return await startHostProcess({ root: process.cwd(), port: 0, env: settings, log: logged });
}

describe("an app that can be called, and one that does the work", () => {
  it("do the whole job together: by name, to stored evidence", async () => {
    const names = [1, 2].map((number) => ({ name: `pc-${number}` }));
    const body = { incident: { id: "two apps", severity: "high" }, machines: names, ...PROFILE };
    const { runId } = await asking.accept("generic", body);
    const run = await asking.untilFinished(runId);
    expect(run.counts).toMatchObject({ total: 2, succeeded: 2 });
    expect(run.results).toMatchObject({ owed: 0, unavailable: 0 });
    expect(
      simulator
        .arrivals()
        .map((each) => each.machineId)
        .toSorted(),
    ).toEqual([1, 2].map(machineId));
    expect(simulator.violations()).toEqual([]);
  });

  it("leaves nothing of the app that works to be called", async () => {
    const paths = ["health", "status", "doctor"];
    const answers = await Promise.all(paths.map((path) => fetch(`${back.url}/api/${path}`)));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
  });

  it("have each function between them, and none in common", () => {
    expect([...DISABLED.values()].flat().toSorted()).toEqual(registeredFunctions());
  });
});
