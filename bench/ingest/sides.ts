import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAzurite } from "../../local/azurite.ts";
import { startSimulator } from "../../local/defender-simulator/simulator.ts";
import { startHostProcess, type HostProcess } from "../../local/host-process.ts";
import { localSettings } from "../../local/settings.ts";
import { readConfig } from "../../shared/config.ts";
import type { Ledger } from "../../shared/ports.ts";
import { incidentText, postIncident, systemOf } from "../drain/measure-azurite.ts";
import { openLedger } from "./opened-ledger.ts";

/** lrq, and a function that only sends the body on as one queue message. */
export const SIDES = ["lrq", "bare"] as const;
export type Side = (typeof SIDES)[number];

/** Both sides in built local hosts, on the same Azurite. */
export interface Sides {
  /** Posts one incident of these machines; the hosts of a side take turns. */
  readonly ask: (side: Side, id: string, machineIds: readonly string[]) => Promise<void>;
  readonly ledger: Ledger;
  /** The connection string. */
  readonly storage: string;
}

const KEY = "the key of the bench";

/** Starts `hosts` of each side, and ends all of it whatever `measure` comes to. */
export async function withSides<T>(
  { root, hosts }: { readonly root: string; readonly hosts: number },
  measure: (sides: Sides) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "lrq-bench-"));
  const azurite = await startAzurite({ dir: null });
  const simulator = await startSimulator({ seed: 7, machines: [] });
  const started: HostProcess[] = [];
  const storage = azurite.connectionString();
  const settings = (name: string) => {
    const tenant = { url: simulator.url, speed: 1 };
    const parts = { storage, simulator: tenant, key: KEY, stateDir: join(folder, name) };
    return { ...systemOf(process.env), ...localSettings(parts, {}) };
  };
  const start = async (appRoot: string, side: Side): Promise<readonly HostProcess[]> => {
    const ours: HostProcess[] = [];
    for (let number = 0; number < hosts; number += 1) {
      const env = settings(`${side}-${number}`);
      const host = await startHostProcess({ root: appRoot, port: 0, env, log: () => {} });
      ours.push(host);
      started.push(host);
    }
    return ours;
  };
  try {
    const of = { lrq: await start(root, "lrq"), bare: await start(bareRoot(root, folder), "bare") };
    const asked = { lrq: 0, bare: 0 };
    const next = (side: Side): string => {
      asked[side] += 1;
      return of[side][asked[side] % hosts]?.url ?? "";
    };
    return await measure({
      ask: async (side, id, machineIds) =>
        side === "lrq"
          ? await postIncident(next(side), KEY, id, machineIds)
          : await postBare(next(side), incidentText(id, machineIds)),
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

async function postBare(url: string, body: string): Promise<void> {
  const response = await fetch(`${url}/api/bare`, { method: "POST", body });
  await response.arrayBuffer();
  if (response.status !== 202) throw new Error(`the bare function answered ${response.status}`);
}
