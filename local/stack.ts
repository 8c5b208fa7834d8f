import { join } from "node:path";
import { startAzurite, type Azurite } from "./azurite.ts";
import type { SampleTenant } from "./defender-simulator/sample-tenant.ts";
import { runRealScript } from "./defender-simulator/real-script.ts";
import { startSimulator, type Simulator } from "./defender-simulator/simulator.ts";
import { startHostProcess, type HostProcess } from "./host-process.ts";
import { ownFolder } from "./own-folder.ts";
import { localSettings } from "./settings.ts";

export interface StackOptions {
  /** The app's folder: host.json, profiles and the built bundle are below it. */
  readonly root: string;
  /** Where everything is kept between two starts. */
  readonly dataDir: string;
  readonly tenant: SampleTenant;
  /** How many times faster than life the simulated tenant runs. */
  readonly speed: number;
  readonly seed: number;
  /** 0 takes any free port. */
  readonly port: number;
  readonly key: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Each line of the host's log. */
  readonly log: (line: string) => void;
}

/** One command's worth of cloud. */
export interface Stack {
  readonly url: string;
  readonly host: HostProcess;
  /** Null when the environment named a storage account, or a Defender, of its own. */
  readonly azurite: Azurite | null;
  readonly simulator: Simulator | null;
  /** The processes besides this one. */
  readonly pids: readonly number[];
  /** Settles with the part that ended although nobody stopped it. */
  readonly died: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts storage, simulator and host, in this order, and stops what runs if one of them does not
 * come up. A storage account or a Defender named in the environment is used instead of the embedded
 * one.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { env, dataDir } = options;
  ownFolder(dataDir);
  const started: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const end of started.splice(0).toReversed()) await end();
  };
  try {
    const azurite = env["AzureWebJobsStorage"]
      ? null
      : await startAzurite({ dir: join(dataDir, "azurite") });
    if (azurite !== null) started.push(() => azurite.stop());
    const simulator = env["DEFENDER_API_URL"] ? null : await startTenant(options);
    if (simulator !== null) started.push(() => simulator.close());
    const host = await startHost(options, azurite, simulator);
    let isStorageGone = false;
    void azurite?.exited.then(() => {
      isStorageGone = true;
    });
    started.push(async () => {
      // Without storage the host can finish nothing; it would only use up its time for that.
      if (isStorageGone) host.kill();
      await host.stop();
    });
    const pids = [host.pid, ...(azurite === null ? [] : [azurite.pid])];
    const died = firstDeath(azurite, host);
    return { url: host.url, host, azurite, simulator, pids, died, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startHost(
  { root, port, log, key, dataDir, speed, env }: StackOptions,
  azurite: Azurite | null,
  simulator: Simulator | null,
): Promise<HostProcess> {
  const parts = {
    storage: azurite?.connectionString() ?? env["AzureWebJobsStorage"] ?? "",
    simulator: simulator === null ? null : { url: simulator.url, speed },
    key,
    stateDir: join(dataDir, "host"),
  };
  const settings = localSettings(parts, env);
  return await startHostProcess({ root, port, log, env: settings, sourceMaps: true });
}

async function startTenant(options: StackOptions): Promise<Simulator> {
  const { dataDir, tenant, speed, seed, env } = options;
  const snapshotFile = join(dataDir, "simulator.json");
  const real = env["SIMULATOR_RUNS_SCRIPTS"] === "true" ? { runScript: runRealScript } : {};
  return await startSimulator({ ...tenant, ...real, seed, speed, snapshotFile });
}

async function firstDeath(azurite: Azurite | null, host: HostProcess): Promise<string> {
  const hostDied = host.exited.then((how) => `the Functions host ended (${how})`);
  if (azurite === null) return await hostDied;
  const azuriteDied = azurite.exited.then(
    ({ code, signal }) => `Azurite ended (${signal ?? `exit code ${code}`})`,
  );
  return await Promise.race([hostDied, azuriteDied]);
}
