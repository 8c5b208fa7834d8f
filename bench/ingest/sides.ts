import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAzurite } from "../../local/azurite.ts";
import { startSimulator, type Simulator } from "../../local/defender-simulator/simulator.ts";
import { startHostProcess, type HostProcess } from "../../local/host-process.ts";
import { localSettings } from "../../local/settings.ts";
import { readConfig } from "../../shared/config.ts";
import type { Ledger } from "../../shared/ports.ts";
import { incidentText, postIncident, systemOf } from "../drain/measure-azurite.ts";
import { openLedger } from "./opened-ledger.ts";

/**
 * lrq as it is shipped; lrq that may not look up so many machines, so it takes the sender's word;
 * lrq that may look up all it wants; and a function that only sends the body on as one queue
 * message.
 */
type Side = "shipped" | "word" | "facts" | "bare";

const SETTINGS: Readonly<Record<Side, Readonly<Record<string, string>>>> = {
  shipped: {},
  word: { DEFENDER_READS_PER_MINUTE: "1" },
  facts: { DEFENDER_READS_PER_MINUTE: "100000", DEFENDER_READS_PER_HOUR: "1000000" },
  bare: {},
};

/** All sides in built local hosts, on the same Azurite. */
export interface Sides {
  /** Posts one incident of these machines; the hosts of a side take turns. */
  readonly ask: (side: Side, id: string, machineIds: readonly string[]) => Promise<void>;
  /** Nothing of lrq is sent from now on, so that drains do not burden what is measured. */
  readonly pause: () => Promise<void>;
  readonly ledger: Ledger;
  /** The connection string. */
  readonly storage: string;
}

const KEY = "the key of the bench";

interface Wanted {
  /** The folder of the built app. */
  readonly root: string;
  readonly sides: readonly Side[];
  /** So many of each side. */
  readonly hosts: number;
  /** The ids of the machines that Defender knows. */
  readonly machineIds: readonly string[];
}

/** Starts the hosts of each side, and ends all of it whatever `measure` comes to. */
export async function withSides<T>(
  { root, sides, hosts, machineIds }: Wanted,
  measure: (sides: Sides) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "lrq-bench-"));
  const azurite = await startAzurite({ dir: null });
  const simulator = await startTenant(machineIds);
  const started: HostProcess[] = [];
  const storage = azurite.connectionString();
  const settings = (name: string) => {
    const tenant = { url: simulator.url, speed: 1 };
    const parts = { storage, simulator: tenant, key: KEY, stateDir: join(folder, name) };
    return { ...systemOf(process.env), ...localSettings(parts, {}) };
  };
  const start = async (side: Side): Promise<readonly HostProcess[]> => {
    const appRoot = side === "bare" ? bareRoot(root, folder) : root;
    const ours: HostProcess[] = [];
    for (let number = 0; number < hosts; number += 1) {
      const env = { ...settings(`${side}-${number}`), ...SETTINGS[side] };
      const host = await startHostProcess({ root: appRoot, port: 0, env, log: () => {} });
      ours.push(host);
      started.push(host);
    }
    return ours;
  };
  try {
    const of = new Map<Side, readonly HostProcess[]>();
    for (const side of sides) of.set(side, await start(side));
    let asked = 0;
    const next = (side: Side): string => {
      asked += 1;
      return of.get(side)?.[asked % hosts]?.url ?? "";
    };
    const lrq = sides.find((side) => side !== "bare") ?? "shipped";
    return await measure({
      pause: async () => await pause(next(lrq)),
      ask: async (side, id, ids) =>
        side === "bare"
          ? await postBare(next(side), incidentText(id, ids))
          : await postIncident(next(side), KEY, id, ids),
      ledger: openLedger(storage, partitionIn(settings("outside"))).ledger,
      storage,
    });
  } finally {
    await Promise.all(started.map(async (host) => await host.stop()));
    await simulator.close();
    await azurite.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** It answers all look-ups; how many lrq makes is up to lrq. */
async function startTenant(machineIds: readonly string[]): Promise<Simulator> {
  const machines = machineIds.map((id) => {
    return { id, computerDnsName: `m-${id.slice(0, 12)}`, osPlatform: "Windows11" };
  });
  const limits = { readsPerMinute: 1_000_000, readsPerHour: 1_000_000 };
  return await startSimulator({ seed: 7, machines, limits });
}

function partitionIn(env: Readonly<Record<string, string | undefined>>): string {
  const config = readConfig(env);
  if (config.kind === "wrong") throw new Error(JSON.stringify(config.problems));
  return config.config.partition;
}

/** A folder that is an app: the bare function next to the same built host. */
function bareRoot(root: string, folder: string): string {
  const bare = join(folder, "bare-app");
  mkdirSync(bare);
  symlinkSync(join(root, "dist"), join(bare, "dist"), "junction");
  copyFileSync(join(root, "host.json"), join(bare, "host.json"));
  const manifest = { type: "module", main: "dist/bench/bare-app.mjs" };
  writeFileSync(join(bare, "package.json"), JSON.stringify(manifest));
  return bare;
}

async function pause(url: string): Promise<void> {
  const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
  const body = JSON.stringify({ reason: "The answer is measured, and no drain." });
  const response = await fetch(`${url}/api/pause`, { method: "POST", headers, body });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`pause was answered ${response.status}: ${text}`);
}

async function postBare(url: string, body: string): Promise<void> {
  const response = await fetch(`${url}/api/bare`, { method: "POST", body });
  await response.arrayBuffer();
  if (response.status !== 202) throw new Error(`the bare function answered ${response.status}`);
}
