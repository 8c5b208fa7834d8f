import type { FaultPlan } from "../../local/defender-simulator/fault-plan.ts";
import type {
  Limits,
  SimulatedLibraryFile,
  SimulatedMachine,
  Timings,
} from "../../local/defender-simulator/options.ts";
import { startSimulator, type Simulator } from "../../local/defender-simulator/simulator.ts";
import type { Switches } from "../../local/defender-simulator/switches.ts";
import { startHostProcess, type HostProcess } from "../../local/host-process.ts";
import { localSettings } from "../../local/settings.ts";
import { takeAccount } from "../azurite-account.ts";
import { askingAt, type Asking } from "./asking.ts";
import { LIBRARY, machines as someMachines } from "./machines.ts";
import { sendMessage, storageRows, type StorageRows } from "./storage-rows.ts";

export interface StageOptions {
  readonly machines?: readonly SimulatedMachine[];
  readonly library?: readonly SimulatedLibraryFile[];
  readonly speed?: number;
  /** Settings of the app, before those a local stack makes; an empty one is as good as none. */
  readonly env?: Readonly<Record<string, string>>;
  readonly switches?: Partial<Switches>;
  readonly faults?: FaultPlan;
  readonly limits?: Partial<Limits>;
  readonly timings?: Partial<Timings>;
  /** Connection string of a storage account; absent takes one nobody has used. */
  readonly storage?: string;
  /** The folder of the app the first host runs; absent is this one. */
  readonly root?: string;
}

/** The built app and everything around it. */
export interface Stage extends Asking {
  readonly url: string;
  /** Of the one caller there is, if the settings name no others. */
  readonly key: string;
  readonly simulator: Simulator;
  readonly host: HostProcess;
  /** The connection string of the storage account, for looking at it past the app. */
  readonly storage: string;
  /** What the hosts have logged so far, in lines. */
  readonly log: readonly string[];
  /** What is stored, looked at past the app. */
  rows(): Promise<StorageRows>;
  /** Delivers a message to collect a sequence's results once more, as a queue may at any time. */
  redeliverCollect(sequenceId: string): Promise<void>;
  /** One more host on the same storage and the same Defender; of the app in `root`, or this one. */
  addHost(root?: string): Promise<HostProcess>;
  /** Starts another host in the place of the first, which has ended. */
  restartHost(): Promise<void>;
  close(): Promise<void>;
}

/** A minute of the tenant is a second here, and a session about as long. */
const SPEED = 60;
const TIMINGS: Partial<Timings> = {
  pendingSeconds: [2, 5],
  firstCommandSeconds: [10, 20],
  putFileSeconds: [1, 2],
  scriptSeconds: [5, 15],
  getFileSeconds: [1, 2],
  tailSeconds: [5, 10],
};
/** The key that a stage asks with; stories that name callers give it to one of them. */
export const KEY = "the key of the stories";
const SEED = 7;

/**
 * The built app in a host process of its own, on storage nobody has used, before a simulated tenant
 * in this process. Throws with the host's last words if it does not come up.
 */
export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const storage = options.storage ?? takeAccount();
  const simulator = await startTenant(options);
  const log: string[] = [];
  const addHost = async (root?: string) =>
    await startHost(
      storage,
      simulator,
      { ...options, ...(root === undefined ? {} : { root }) },
      log,
    );
  let host = await addHost(options.root);
  const more: HostProcess[] = [];
  return {
    ...askingAt(() => host.url, KEY, log),
    simulator,
    key: KEY,
    storage,
    log,
    get url() {
      return host.url;
    },
    get host() {
      return host;
    },
    rows: async () => await storageRows(storage),
    redeliverCollect: async (sequenceId) => {
      await sendMessage(storage, "results", { v: 1, collect: { sequenceId } });
    },
    addHost: async (root = process.cwd()) => {
      const one = await addHost(root);
      more.push(one);
      return one;
    },
    restartHost: async () => {
      await host.exited;
      host = await addHost();
    },
    close: async () => {
      await Promise.all([host, ...more].map(async (one) => await one.stop()));
      await simulator.close();
    },
  };
}

async function startTenant(options: StageOptions): Promise<Simulator> {
  const { switches = {}, faults = [], limits = {} } = options;
  return await startSimulator({
    seed: SEED,
    speed: options.speed ?? SPEED,
    machines: options.machines ?? someMachines(5),
    library: options.library ?? LIBRARY,
    timings: { ...TIMINGS, ...options.timings },
    switches,
    faults,
    limits,
  });
}

async function startHost(
  storage: string,
  { url }: Simulator,
  { env = {}, speed = SPEED, root = process.cwd() }: StageOptions,
  log: string[],
): Promise<HostProcess> {
  const local = { storage, simulator: { url, speed }, key: KEY, stateDir: "" };
  // Without a folder its timers remember nothing, like those of an app that was just deployed.
  const settings = { ...localSettings(local, env), LRQ_STATE_DIR: undefined };
  return await startHostProcess({
    root,
    port: 0,
    env: settings,
    log: (line) => log.push(line),
  });
}
