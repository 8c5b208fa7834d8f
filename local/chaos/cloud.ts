import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import { startAzurite, type Azurite } from "../azurite.ts";
import type { FaultPlan } from "../defender-simulator/fault-plan.ts";
import type { SampleTenant } from "../defender-simulator/sample-tenant.ts";
import { startSimulator, type Simulator } from "../defender-simulator/simulator.ts";
import { systemEnvironment } from "../demo/system-environment.ts";
import { openLogFile, type LogFile } from "../host-log.ts";
import { startHostProcess, type HostProcess } from "../host-process.ts";
import { localSettings } from "../settings.ts";

export interface CloudOptions {
  /** The app's folder. */
  readonly root: string;
  /** Where everything is kept; empty at first. */
  readonly dataDir: string;
  readonly tenant: SampleTenant;
  readonly seed: number;
  readonly speed: number;
  readonly faults: FaultPlan;
  readonly hosts: number;
  readonly key: string;
}

/** One host's place: the process in it comes and goes. */
export interface HostPlace {
  readonly name: string;
  /** Its address, while a process is there; one that is held does not answer. */
  url(): string | null;
  kill(): void;
  /** Starts a process in the place of one that was killed. */
  start(): Promise<void>;
  freeze(): void;
  thaw(): void;
}

/** Real processes of everything but Defender: hosts on one storage account. */
export interface Cloud {
  readonly simulator: Simulator;
  readonly places: readonly HostPlace[];
  /** Ends storage in the middle of whatever it does. */
  killStorage(): Promise<void>;
  startStorage(): Promise<void>;
  stop(): Promise<void>;
}

/** A host that met storage in the middle of its fall comes up at a later try. */
const START_TRIES = 10;
const START_AGAIN_MS = 1_000;

/** Starts storage, Defender and all hosts; stops what runs if one of them does not come up. */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const { dataDir, tenant, seed, speed, faults } = options;
  const dir = join(dataDir, "azurite");
  mkdirSync(dir, { recursive: true });
  let azurite: Azurite = await startAzurite({ dir });
  const simulator = await startSimulator({ ...tenant, seed, speed, faults });
  const storage = azurite.connectionString();
  const places = Array.from({ length: options.hosts }, (_, index) =>
    openPlace(options, `host ${index + 1}`, { storage, simulator }),
  );
  const stop = async () => {
    await Promise.all(places.map(async (place) => await place.stop()));
    await simulator.close();
    await azurite.stop();
  };
  try {
    await Promise.all(places.map(async (place) => await place.start()));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    simulator,
    places,
    killStorage: async () => {
      azurite.kill();
      await azurite.exited;
    },
    startStorage: async () => {
      azurite = await startAzurite({ dir, ports: azurite.ports });
    },
    stop,
  };
}

function openPlace(
  { root, dataDir, speed, key }: CloudOptions,
  name: string,
  { storage, simulator }: { storage: string; simulator: Simulator },
): HostPlace & { stop(): Promise<void> } {
  const parts = { storage, simulator: { url: simulator.url, speed }, key, stateDir: "" };
  const env = { ...localSettings(parts, systemEnvironment(process.env)), LRQ_STATE_DIR: undefined };
  const log: LogFile = openLogFile(join(dataDir, `${name.replace(" ", "-")}.log`));
  let host: HostProcess | null = null;
  return {
    name,
    url: () => host?.url ?? null,
    kill: () => {
      host?.kill();
      host = null;
    },
    start: async () => {
      host = await startPatiently(async () => {
        return await startHostProcess({ root, port: 0, env, log: log.write });
      });
    },
    freeze: () => host?.freeze(),
    thaw: () => host?.thaw(),
    stop: async () => {
      host?.thaw();
      await host?.stop();
      log.close();
    },
  };
}

async function startPatiently(start: () => Promise<HostProcess>): Promise<HostProcess> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start();
    } catch (error) {
      if (tries === START_TRIES) throw error;
      await pass(START_AGAIN_MS);
    }
  }
}
