import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startAzurite } from "../../local/azurite.ts";
import { startSimulator, type Simulator } from "../../local/defender-simulator/simulator.ts";
import { startHostProcess, type HostProcess } from "../../local/host-process.ts";
import { localSettings } from "../../local/settings.ts";
import { atLeast, atMost, row, type Row } from "../table.ts";
import { machinesOf } from "./backlog.ts";
import { callsOverLimit, countWithin } from "./figures.ts";

/** A minute is twenty seconds here; the storage emulator is as slow as it is. */
const SPEED = 3;
const WINDOW_MS = 60_000 / SPEED;
const CALLS_PER_WINDOW = 10;
const WORKERS = 4;
const BACKLOG = 5_000;
const MACHINES_PER_INCIDENT = 100;
/** From when all is accepted. */
const WINDOWS = 8;
const SETTLED_MS = WINDOW_MS;
const KEY = "the key of the bench";
const HOSTS_FILE = "C:\\Windows\\System32\\drivers\\etc\\hosts";
/** Sessions of half a minute: calls bind. */
const TIMINGS = {
  pendingSeconds: [2, 5],
  firstCommandSeconds: [10, 20],
  getFileSeconds: [1, 2],
  tailSeconds: [5, 10],
} as const;

/**
 * The built bundle in four host processes, on Azurite, against the simulator over HTTP, all three
 * times as fast as life. Results are collected too: it is the whole app.
 */
export async function measureAzurite(root: string): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "lrq-bench-"));
  const machineIds = machinesOf("m", BACKLOG);
  const azurite = await startAzurite({ dir: null });
  const simulator = await startTenant(machineIds);
  const hosts: HostProcess[] = [];
  try {
    for (let worker = 0; worker < WORKERS; worker += 1) {
      const stateDir = join(folder, `host-${worker}`);
      const storage = azurite.connectionString();
      const parts = {
        storage,
        simulator: { url: simulator.url, speed: SPEED },
        key: KEY,
        stateDir,
      };
      const linger = { DRAIN_LINGER_SECONDS: String(240 / SPEED) };
      const env = { ...systemOf(process.env), ...localSettings(parts, linger) };
      hosts.push(await startHostProcess({ root, port: 0, env, log: () => {} }));
    }
    await acceptAll(hosts, machineIds);
    await sleep(SETTLED_MS);
    const fromMs = Date.now();
    await sleep(WINDOWS * WINDOW_MS);
    return rowsOf(simulator, fromMs);
  } finally {
    await Promise.all(hosts.map(async (host) => await host.stop()));
    await simulator.close();
    await azurite.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a process needs of the system, and nothing that would be a setting. */
export function systemOf(env: Readonly<Record<string, string | undefined>>) {
  return { PATH: env["PATH"], HOME: env["HOME"], TMPDIR: env["TMPDIR"] };
}

async function startTenant(machineIds: readonly string[]): Promise<Simulator> {
  return await startSimulator({
    seed: 7,
    speed: SPEED,
    timings: TIMINGS,
    machines: machineIds.map((id, number) => ({
      id,
      computerDnsName: `pc-${number}.corp.contoso.example`,
      osPlatform: "Windows11",
      files: { [HOSTS_FILE]: { content: new TextEncoder().encode("127.0.0.1 localhost\n") } },
    })),
  });
}

async function acceptAll(hosts: readonly HostProcess[], machineIds: readonly string[]) {
  for (let from = 0; from < machineIds.length; from += MACHINES_PER_INCIDENT) {
    const host = hosts[(from / MACHINES_PER_INCIDENT) % hosts.length];
    const some = machineIds.slice(from, from + MACHINES_PER_INCIDENT);
    await postIncident(host?.url ?? "", KEY, `i-${from}`, some);
  }
}

/** Sends one generic incident that asks for one small file of each machine. */
export async function postIncident(
  url: string,
  key: string,
  id: string,
  machineIds: readonly string[],
): Promise<void> {
  const response = await fetch(`${url}/api/incidents/generic`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: incidentText(id, machineIds),
  });
  const text = await response.text();
  if (response.status !== 202) throw new Error(`${id} was answered ${response.status}: ${text}`);
}

export function incidentText(id: string, machineIds: readonly string[]): string {
  return JSON.stringify({
    incident: { id, title: "Bench", severity: "high" },
    machines: machineIds.map((machineId) => ({ machineId, platform: "windows" })),
    profile: "collect-file",
    parameters: { path: HOSTS_FILE },
  });
}

function rowsOf(simulator: Simulator, fromMs: number): Row[] {
  const arrivals = simulator.arrivals();
  const times = arrivals.map((each) => each.atMs);
  const taken = arrivals.filter((each) => each.status === 201).map((each) => each.atMs);
  const used = countWithin(taken, fromMs, fromMs + WINDOWS * WINDOW_MS);
  const at = {
    part: "drain",
    setting: `Azurite, 3x clock, ${WORKERS} worker processes, 5,000 queued, ${WINDOWS} windows`,
  };
  return [
    row({
      ...at,
      measure: "slots used / possible",
      value: used / (WINDOWS * CALLS_PER_WINDOW),
      unit: "x",
      bound: atLeast(0.95),
    }),
    row({
      ...at,
      measure: "calls over the limit",
      value: callsOverLimit(times, CALLS_PER_WINDOW, WINDOW_MS),
      unit: "",
      bound: atMost(0),
    }),
  ];
}
