import { z } from "zod";
import { accessConfigOf, accessProblems, accessSettings } from "./access/settings.ts";
import type { AccessConfig } from "./access/settings.ts";
import { callbackConfigOf, callbackProblems, callbackSettings } from "./callback/settings.ts";
import type { CallbackConfig } from "./callback/settings.ts";
import { CLOUDS, GRAPHS, withoutApiPath } from "./defender/address.ts";
import { cloudProblems } from "./defender/cloud-settings.ts";
import type { Problem } from "./incident/problem.ts";
import type { LibraryConfig } from "./limits/library/rules.ts";
import type { Limits } from "./limits/pace/limits.ts";
import { isLoopback } from "./loopback.ts";

/**
 * Tokens are for the old resource, whatever the host is, because some APIs answer 403 to any other
 * audience (API page "Create an app"). The government clouds use their own host as resource.
 */
const COMMERCIAL_TOKEN_SCOPE = "https://api.securitycenter.microsoft.com/.default";

const seconds = (fallback: number, least = 0.05) =>
  z.coerce.number().min(least).max(604_800).default(fallback);
const count = (fallback: number, most: number) =>
  z.coerce.number().int().min(1).max(most).default(fallback);
const address = z.url({ protocol: /^https?$/ }).transform((value) => value.replace(/\/+$/, ""));

/**
 * Part of a partition key, which takes no slashes, number signs or question marks (Table service).
 */
const partitionPart = z.string().regex(/^[\w.-]{1,100}$/);

/**
 * Every setting with its form and default. docs/settings.md says what each is for, and the source
 * of its number.
 */
export const settings = z.object({
  AzureWebJobsStorage: z.string().min(1).optional(),
  AzureWebJobsStorage__accountName: z.string().min(1).optional(),
  AzureWebJobsStorage__blobServiceUri: address.optional(),
  AzureWebJobsStorage__queueServiceUri: address.optional(),
  AzureWebJobsStorage__tableServiceUri: address.optional(),
  AzureWebJobsStorage__clientId: z.string().min(1).optional(),
  DEFENDER_CLOUD: z.enum(["commercial", "gcc", "gcc-high", "dod"]).default("commercial"),
  DEFENDER_API_URL: address.transform(withoutApiPath).optional(),
  DEFENDER_TOKEN_SCOPE: z.string().endsWith("/.default").optional(),
  DEFENDER_ACCESS_TOKEN: z.string().min(1).optional(),
  DEFENDER_TENANT_ID: partitionPart.default("tenant"),
  DEFENDER_CLIENT_ID: partitionPart.default("app"),
  LEDGER_CLIENT_ID: partitionPart.optional(),
  DEFENDER_CALLS_PER_MINUTE: count(10, 10_000),
  DEFENDER_MAX_SESSIONS: count(25, 1_000),
  DEFENDER_READS_PER_MINUTE: count(100, 100_000),
  DEFENDER_READS_PER_HOUR: count(1_500, 1_000_000),
  DEFENDER_HUNTS_PER_MINUTE: count(15, 100_000),
  HUNTING_API: z.enum(["defender", "graph"]).default("defender"),
  DEFENDER_PENDING_MINUTES: z.coerce.number().min(0.01).max(10_080).default(15),
  RATE_WINDOW_SECONDS: seconds(60),
  SUBMISSION_GUARD_SECONDS: seconds(180),
  CALL_TIMEOUT_SECONDS: seconds(30, 1),
  MACHINE_BUSY_SECONDS: seconds(60),
  MACHINE_OFFLINE_SECONDS: seconds(3_600),
  SEQUENCE_EXPIRY_HOURS: z.coerce.number().min(0.01).max(720).default(72),
  POLL_SECONDS: seconds(15),
  /**
   * The host itself reads it, for the timer. It is here only so that the list of problems names it
   * if it is missing.
   */
  POLL_SCHEDULE: z.string().min(9),
  CLOSED_DOOR_SECONDS: seconds(60),
  DRAIN_LINGER_SECONDS: z.coerce.number().min(0).max(240).default(240),
  LIBRARY_CHECK: z.enum(["list", "given", "off"]).default("list"),
  LIBRARY_MINUTES: z.coerce.number().min(0.01).max(1_440).default(5),
  WATCH_SECONDS: z.coerce.number().min(0).max(240).default(55),
  ...accessSettings,
  ...callbackSettings,
  PUBLIC_URL: address.optional(),
});

/** How to reach storage, before there is a credential. */
export type StorageSetting =
  | { readonly kind: "connectionString"; readonly connectionString: string }
  | {
      readonly kind: "identity";
      readonly blobUrl: string;
      readonly queueUrl: string;
      readonly tableUrl: string;
      readonly clientId: string | null;
    };

export interface Config {
  readonly storage: StorageSetting;
  readonly defender: {
    readonly url: string;
    readonly tokenScope: string;
    /** Only for a Defender on this machine: a fixed token in the place of an identity. */
    readonly accessToken: string | null;
    readonly callTimeoutMs: number;
    /** Graph's address, if it runs the queries of sweeps in Defender's place. */
    readonly graphUrl: string | null;
  };
  /** The partition of the ledger: tenant and app, because Defender counts its limits for these. */
  readonly partition: string;
  readonly limits: Limits;
  readonly library: LibraryConfig;
  readonly expiryMs: number;
  readonly lingerMs: number;
  /** How long one watch may go on. */
  readonly watchMs: number;
  /** CALLERS unchanged; it has its own parser. */
  readonly callers: string;
  readonly access: AccessConfig;
  readonly callbacks: CallbackConfig;
  /** The address at which callers reach us, if it is not that of their request. */
  readonly publicUrl: string | null;
}

export type ConfigResult =
  | { readonly kind: "config"; readonly config: Config }
  | { readonly kind: "wrong"; readonly problems: readonly Problem[] };

/**
 * The environment as a Config; or everything that is wrong with it, each problem under the name of
 * its setting.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): ConfigResult {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = settings.safeParse(given);
  const issues = issuesOf(parsed);
  const wrong = new Set(issues.map(({ path }) => path));
  const others = Object.entries(given).filter(([name]) => !wrong.has(name));
  // Rules for several settings are checked as if the settings that are wrong alone were not set.
  const usable = parsed.success ? parsed : settings.safeParse(Object.fromEntries(others));
  const problems = [...issues, ...(usable.success ? problemsTogether(usable.data) : [])];
  if (!parsed.success || problems.length > 0) return { kind: "wrong", problems };
  const storage = storageOf(parsed.data);
  if (storage === null) return { kind: "wrong", problems: [NO_STORAGE] };
  return { kind: "config", config: configOf(parsed.data, storage) };
}

function issuesOf(parsed: z.ZodSafeParseResult<unknown>): Problem[] {
  const issues = parsed.success ? [] : parsed.error.issues;
  return issues.map(({ path, message }) => ({ path: path.join("."), message }));
}

function problemsTogether(from: Settings): Problem[] {
  return [
    ...(storageOf(from) === null ? [NO_STORAGE] : []),
    ...cloudProblems(from),
    ...tokenProblems(from),
    ...accessProblems(from),
    ...callbackProblems(from, isLocal(from)),
  ];
}

type Settings = z.infer<typeof settings>;

const NO_STORAGE: Problem = {
  path: "AzureWebJobsStorage",
  message:
    "set a connection string, or AzureWebJobsStorage__accountName for an identity, or the three __*ServiceUri settings",
};

function configOf(from: Settings, storage: StorageSetting): Config {
  const url = from.DEFENDER_API_URL ?? CLOUDS[from.DEFENDER_CLOUD];
  const tokenScope =
    from.DEFENDER_CLOUD === "commercial" ? COMMERCIAL_TOKEN_SCOPE : `${url}/.default`;
  return {
    storage,
    defender: {
      url,
      tokenScope: from.DEFENDER_TOKEN_SCOPE ?? tokenScope,
      accessToken: from.DEFENDER_ACCESS_TOKEN ?? null,
      callTimeoutMs: from.CALL_TIMEOUT_SECONDS * 1_000,
      graphUrl: from.HUNTING_API === "graph" ? graphOf(from, url) : null,
    },
    partition: `${from.DEFENDER_TENANT_ID}|${from.LEDGER_CLIENT_ID ?? from.DEFENDER_CLIENT_ID}`,
    limits: limitsOf(from),
    library: { check: from.LIBRARY_CHECK, ageMs: from.LIBRARY_MINUTES * 60_000 },
    expiryMs: from.SEQUENCE_EXPIRY_HOURS * 3_600_000,
    lingerMs: from.DRAIN_LINGER_SECONDS * 1_000,
    watchMs: from.WATCH_SECONDS * 1_000,
    callers: from.CALLERS,
    access: accessConfigOf(from),
    callbacks: callbackConfigOf(from),
    publicUrl: from.PUBLIC_URL ?? null,
  };
}

/** A Defender on this machine, the simulator, stands for Graph, too. */
function graphOf({ DEFENDER_CLOUD: cloud }: Settings, defenderUrl: string): string {
  return isLoopback(new URL(defenderUrl).hostname) ? defenderUrl : GRAPHS[cloud];
}

/** A POST may leave two seconds after its claim began and no later: what `pause` promises. */
const SEND_FENCE_MS = 2_000;

function limitsOf(from: Settings): Limits {
  return {
    callsPerWindow: from.DEFENDER_CALLS_PER_MINUTE,
    windowMs: from.RATE_WINDOW_SECONDS * 1_000,
    maxSessions: from.DEFENDER_MAX_SESSIONS,
    sendFenceMs: SEND_FENCE_MS,
    callTimeoutMs: from.CALL_TIMEOUT_SECONDS * 1_000,
    guardMs: from.SUBMISSION_GUARD_SECONDS * 1_000,
    patienceMs: from.DEFENDER_PENDING_MINUTES * 60_000,
    busyRetryMs: from.MACHINE_BUSY_SECONDS * 1_000,
    offlineRetryMs: from.MACHINE_OFFLINE_SECONDS * 1_000,
    pollMs: from.POLL_SECONDS * 1_000,
    closedDoorMs: from.CLOSED_DOOR_SECONDS * 1_000,
    readsPerMinute: from.DEFENDER_READS_PER_MINUTE,
    readsPerHour: from.DEFENDER_READS_PER_HOUR,
    huntsPerMinute: from.DEFENDER_HUNTS_PER_MINUTE,
  };
}

function storageOf(from: Settings): StorageSetting | null {
  if (from.AzureWebJobsStorage !== undefined) {
    return { kind: "connectionString", connectionString: from.AzureWebJobsStorage };
  }
  const account = from.AzureWebJobsStorage__accountName;
  const at = (kind: string) =>
    account === undefined ? undefined : `https://${account}.${kind}.core.windows.net`;
  const blobUrl = from.AzureWebJobsStorage__blobServiceUri ?? at("blob");
  const queueUrl = from.AzureWebJobsStorage__queueServiceUri ?? at("queue");
  const tableUrl = from.AzureWebJobsStorage__tableServiceUri ?? at("table");
  if (blobUrl === undefined || queueUrl === undefined || tableUrl === undefined) return null;
  const clientId = from.AzureWebJobsStorage__clientId ?? null;
  return { kind: "identity", blobUrl, queueUrl, tableUrl, clientId };
}

/**
 * A fixed token is for the simulator. Anywhere else it would be a stored secret with access to the
 * tenant.
 */
function tokenProblems(from: Settings): Problem[] {
  if (from.DEFENDER_ACCESS_TOKEN === undefined || isLocal(from)) return [];
  const message =
    "only allowed when DEFENDER_API_URL is a loopback address; elsewhere use a managed identity";
  return [{ path: "DEFENDER_ACCESS_TOKEN", message }];
}

/** Defender is on this machine: a local stack. */
function isLocal({ DEFENDER_API_URL }: Settings): boolean {
  return DEFENDER_API_URL !== undefined && isLoopback(new URL(DEFENDER_API_URL).hostname);
}
