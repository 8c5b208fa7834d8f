import { createHash } from "node:crypto";
import { parseCallers, RIGHTS } from "../shared/access/caller.ts";
import { readConfig } from "../shared/config.ts";

/** What the app's settings are made from when everything around it runs on this machine. */
export interface LocalParts {
  readonly storage: string;
  /** The simulator, or null for the Defender that the environment names. */
  readonly simulator: { readonly url: string; readonly speed: number } | null;
  readonly key: string;
  readonly stateDir: string;
}

/** The name of the one caller a local stack has. */
const LOCAL_CALLER = "local";

/**
 * The environment of the local Functions host: settings, as the deployed app has them, and nothing
 * the app could tell apart. A simulator that runs `speed` times as fast has its waits that much
 * shorter; what the environment sets wins.
 */
export function localSettings(
  parts: LocalParts,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return {
    AZURE_FUNCTIONS_ENVIRONMENT: "Development",
    // Nothing here costs money when it ticks, and a stack that is told to stop stops at once.
    POLL_SCHEDULE: "* * * * * *",
    WATCH_SECONDS: "0",
    ...WORKER_SETTINGS,
    CALLERS: JSON.stringify([localCaller(parts.key)]),
    ...(parts.simulator === null ? {} : { ...LIFTED_CAPS, ...simulatorSettings(parts.simulator) }),
    ...given(env),
    AzureWebJobsStorage: parts.storage,
    LRQ_STATE_DIR: parts.stateDir,
    LRQ_EXIT_WITH_PARENT: "1",
  };
}

/**
 * Settings of the Functions host that the app needs wherever it runs; docs/settings.md says why.
 */
export const WORKER_SETTINGS = {
  languageWorkers__node__arguments: "--max-http-header-size=65536",
};

/**
 * Caps and first waves that the local stack lifts, so that a laptop can show hundreds of machines
 * at work. They go with the simulator alone: before a real tenant the app's own stand.
 */
export const LIFTED_CAPS = {
  REQUESTS_PER_CALLER_PER_MINUTE: "100000",
  CAP_MACHINES_PER_INCIDENT: "500",
  CAP_MACHINES_PER_CALLER_PER_DAY: "100000",
  CAP_MACHINES_PER_DAY: "100000",
  CANARY_ABOVE: "100000",
};

/** What is set to nothing is not set: it must not take the place of the simulator's address. */
function given(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const set: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value) set[name] = value;
  return set;
}

/** The forms that storage SDKs take (Configure Azure Storage connection strings). */
const CONNECTION_STRING =
  /^UseDevelopmentStorage=true|AccountName=[^;]+.*AccountKey=|SharedAccessSignature=/i;
const NO_CONNECTION_STRING =
  "The setting AzureWebJobsStorage is not a connection string of a storage account; " +
  "without it, the embedded Azurite is used.";

/**
 * What is wrong with the settings of the environment, one sentence each, before anything starts:
 * the app itself would say it only to its callers, and in its log.
 */
export function settingsTrouble(env: Readonly<Record<string, string | undefined>>): string[] {
  const simulator = env["DEFENDER_API_URL"] ? null : { url: "http://127.0.0.1:1", speed: 1 };
  const storage = env["AzureWebJobsStorage"] || "embedded";
  if (storage !== "embedded" && !CONNECTION_STRING.test(storage)) return [NO_CONNECTION_STRING];
  const settings = localSettings({ storage, simulator, key: "", stateDir: "" }, env);
  const config = readConfig(settings);
  if (config.kind === "wrong") {
    return config.problems.map(
      ({ path, message }) => `The setting ${path} is not right: ${message}`,
    );
  }
  const callers = parseCallers(config.config.callers);
  if (callers.kind !== "invalid") return [];
  return callers.problems.map(
    ({ path, message }) =>
      `The setting CALLERS is not right${path === "" ? "" : ` at ${path}`}: ${message}`,
  );
}

function simulatorSettings({ url, speed }: { url: string; speed: number }): Record<string, string> {
  const scaled = (seconds: number) => String(seconds / speed);
  return {
    DEFENDER_API_URL: url,
    DEFENDER_ACCESS_TOKEN: "local",
    RATE_WINDOW_SECONDS: scaled(60),
    POLL_SECONDS: scaled(15),
    SUBMISSION_GUARD_SECONDS: scaled(180),
    MACHINE_BUSY_SECONDS: scaled(60),
    MACHINE_OFFLINE_SECONDS: scaled(3_600),
    CLOSED_DOOR_SECONDS: scaled(60),
    DEFENDER_PENDING_MINUTES: String(15 / speed),
    DEFENDER_READS_PER_MINUTE: String(Math.ceil(100 * speed)),
    DEFENDER_READS_PER_HOUR: String(Math.ceil(1_500 * speed)),
    DEFENDER_HUNTS_PER_MINUTE: String(Math.ceil(15 * speed)),
    CALL_TIMEOUT_SECONDS: "5",
  };
}

function localCaller(key: string): object {
  const hash = createHash("sha256").update(key).digest("hex");
  return { name: LOCAL_CALLER, key: `sha256:${hash}`, all: true, may: RIGHTS };
}
