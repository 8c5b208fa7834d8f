import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { AzureCliCredential, ManagedIdentityCredential } from "@azure/identity";
import { parseCallers, type Caller, type Right } from "./access/caller.ts";
import type { Credential, StorageAccess } from "./azure/access.ts";
import { createBellQueues } from "./azure/bell-queues.ts";
import { createEvidenceBlobs } from "./azure/evidence-blobs.ts";
import { createLedgerTable } from "./azure/ledger-table.ts";
import { createServiceClock } from "./azure/service-clock.ts";
import { isLoopback, readConfig, type Config, type StorageSetting } from "./config.ts";
import { createDefender } from "./defender/client.ts";
import { DEFAULT_TIMEOUTS } from "./defender/options.ts";
import type { Problem } from "./incident/problem.ts";
import { collectMessageSchema, drainMessageSchema } from "./ledger/message.ts";
import { buildCatalogue, type Catalogue } from "./plan/catalogue.ts";
import { parseRouting, type Routing } from "./plan/routing.ts";
import type { Log, Ports } from "./ports.ts";
import { cancelRun } from "./workflow/cancel-run.ts";
import { collect } from "./workflow/collect.ts";
import { describeRun } from "./workflow/describe-run.ts";
import { describeStatus } from "./workflow/describe-status.ts";
import { drain } from "./workflow/drain.ts";
import { openEvidence, readManifest } from "./workflow/read-evidence.ts";
import { pause, resume } from "./workflow/pause.ts";
import { poll } from "./workflow/poll.ts";
import { reconcile } from "./workflow/reconcile.ts";
import { receiveIncident, type ReceiveSettings } from "./workflow/receive-incident.ts";
import { admitCaller, reasonIn, type RawRequest } from "./workflow/request.ts";

export type { Problem } from "./incident/problem.ts";
export type { Right } from "./access/caller.ts";
export type { Log } from "./ports.ts";
export type { Received } from "./workflow/receive-incident.ts";
export type { RawRequest } from "./workflow/request.ts";

declare const LRQ_VERSION: string | undefined;
/** Set by the build; source run as it is has no version of its own. */
const VERSION = typeof LRQ_VERSION === "string" ? LRQ_VERSION : "source";

/** The ledger's table and the evidence's container. */
const LEDGER_TABLE = "ledger";
const EVIDENCE_CONTAINER = "evidence";
/** A fixed token has no expiry of its own; asked for again each hour, like a real one. */
const FIXED_TOKEN_MS = 3_600_000;

export type App = ReturnType<typeof createApp>;
/** The app, or everything that is wrong with the settings and profiles it was to be made from. */
export type Opened =
  | { readonly kind: "app"; readonly app: App }
  | { readonly kind: "wrong"; readonly problems: readonly Problem[] };

let opened: Opened | null = null;

/** The one app of this process, made from its environment when it is first asked for. */
export function openApp(): Opened {
  opened ??= appFrom(process.env);
  return opened;
}

function appFrom(env: Readonly<Record<string, string | undefined>>): Opened {
  const config = readConfig(env);
  if (config.kind === "wrong") return config;
  const callers = parseCallers(config.config.callers);
  if (callers.kind === "invalid") {
    const problems = callers.problems.map(({ path, message }) => ({
      path: path === "" ? "CALLERS" : `CALLERS.${path}`,
      message,
    }));
    return { kind: "wrong", problems };
  }
  const profiles = readProfiles();
  if (profiles.kind === "wrong") return profiles;
  const ports = createPorts(config.config, env);
  const { catalogue, routing } = profiles;
  const app = createApp(config.config, ports, { callers: callers.value, catalogue, routing });
  return { kind: "app", app };
}

/**
 * Every story by name, with its ports and settings filled in; each takes the log of the invocation
 * it runs in.
 */
function createApp(
  config: Config,
  outside: Omit<Ports, "log">,
  known: { callers: readonly Caller[]; catalogue: Catalogue; routing: Routing },
) {
  const { limits, lingerMs, expiryMs, publicUrl } = config;
  const receiving: ReceiveSettings = { limits, expiryMs, ...known };
  const logging = (log: Log): Ports => ({ ...outside, log });
  return {
    publicUrl,
    /** The caller if it may do `right`, or the refusal. */
    admit: (request: RawRequest, right: Right) =>
      admitCaller(known.callers, request, { right }, Date.now()),
    receiveIncident: (log: Log, request: RawRequest & { source: string }) =>
      receiveIncident(logging(log), receiving, request, Date.now()),
    describeRun: (runId: string) => describeRun(outside, limits, runId),
    readManifest: (runId: string) => readManifest(outside, runId),
    openEvidence: (sequenceId: string, index: number) => openEvidence(outside, sequenceId, index),
    cancelRun: (log: Log, runId: string, by: string) => cancelRun(logging(log), limits, runId, by),
    /**
     * The reason a person gives with a request, `{"reason": "..."}`; null if it is missing or too
     * long.
     */
    reasonIn,
    describeStatus: () => describeStatus(outside, limits),
    pause: (log: Log, by: { by: string; why: string }) => pause(logging(log), by),
    resume: (log: Log, by: string) => resume(logging(log), limits, by),
    /**
     * Throws on a message that is no bell of ours: the host then keeps it in the poison queue for a
     * person to see.
     */
    drain: (log: Log, message: unknown) => {
      const { urgent } = drainMessageSchema.parse(message).bell;
      return drain(logging(log), { limits, lingerMs }, urgent);
    },
    poll: (log: Log) => poll(logging(log), limits),
    reconcile: (log: Log) => reconcile(logging(log)),
    collect: (log: Log, message: unknown) => {
      const { sequenceId } = collectMessageSchema.parse(message).collect;
      return collect(logging(log), { limits, version: VERSION }, sequenceId);
    },
  };
}

function createPorts(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
): Omit<Ports, "log"> {
  const service = createServiceClock({ monotonicMs, sleep: pass });
  const access = storageAccess(config.storage, env);
  const scope = config.rateScope;
  return {
    ledger: createLedgerTable({
      access,
      tableName: LEDGER_TABLE,
      scope,
      observe: (reading) => {
        service.observe(reading);
      },
      monotonicMs,
    }),
    bells: createBellQueues(access),
    evidence: createEvidenceBlobs(access, EVIDENCE_CONTAINER),
    defender: createDefender({
      baseUrl: config.defender.url,
      getToken: tokenSource(config, env),
      fetch,
      nowMs: Date.now,
      timeouts: { ...DEFAULT_TIMEOUTS, submitMs: config.defender.callTimeoutMs },
      linkHosts: linkHosts(config.defender.url),
    }),
    clock: service.clock,
    random: {
      fraction: () => randomBytes(4).readUInt32BE() / 2 ** 32,
      id: () => randomBytes(16).toString("hex"),
    },
  };
}

function monotonicMs(): number {
  return performance.now();
}

async function pass(ms: number): Promise<void> {
  await sleep(ms);
}

/**
 * Result links lead to Azure's blob storage; those of a Defender on this machine lead back to it.
 */
function linkHosts(defenderUrl: string): string[] {
  const url = new URL(defenderUrl);
  const azure = ["core.windows.net", "core.usgovcloudapi.net"];
  return isLoopback(url.hostname) ? [url.host] : azure;
}

function storageAccess(
  setting: StorageSetting,
  env: Readonly<Record<string, string | undefined>>,
): StorageAccess {
  if (setting.kind === "connectionString") return setting;
  const { blobUrl, queueUrl, tableUrl, clientId } = setting;
  return { kind: "identity", blobUrl, queueUrl, tableUrl, credential: identity(env, clientId) };
}

/**
 * In Azure the app's managed identity; on a developer's machine whoever is signed in to the Azure
 * CLI.
 */
function identity(
  env: Readonly<Record<string, string | undefined>>,
  clientId: string | null,
): Credential {
  if (env["IDENTITY_ENDPOINT"] === undefined) return new AzureCliCredential();
  return clientId === null
    ? new ManagedIdentityCredential()
    : new ManagedIdentityCredential({ clientId });
}

function tokenSource(
  { defender }: Config,
  env: Readonly<Record<string, string | undefined>>,
): () => Promise<{ token: string; expiresAtMs: number }> {
  const { accessToken, scope } = defender;
  if (accessToken !== null) {
    return async () => ({ token: accessToken, expiresAtMs: Date.now() + FIXED_TOKEN_MS });
  }
  const credential = identity(env, env["DEFENDER_CLIENT_ID"] ?? null);
  return async () => {
    const token = await credential.getToken(scope);
    if (token === null) throw new Error("the identity gave no token for Defender");
    return { token: token.token, expiresAtMs: token.expiresOnTimestamp };
  };
}

type ReadProfiles =
  | { readonly kind: "profiles"; readonly catalogue: Catalogue; readonly routing: Routing }
  | Extract<Opened, { kind: "wrong" }>;

/** The profiles beside host.json, whether this runs as source or as a bundle below it. */
function readProfiles(): ReadProfiles {
  const folder = new URL("profiles/", rootUrl());
  const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), "utf8"));
  const names = readdirSync(folder).filter(
    (name) => name.endsWith(".json") && name !== "routing.json",
  );
  const catalogue = buildCatalogue(names.map((name) => ({ fileName: name, json: read(name) })));
  if (catalogue.kind === "invalid") return { kind: "wrong", problems: catalogue.problems };
  const routing = parseRouting(read("routing.json"), catalogue.value);
  if (routing.kind === "invalid") return { kind: "wrong", problems: routing.problems };
  return { kind: "profiles", catalogue: catalogue.value, routing: routing.value };
}

function rootUrl(): URL {
  for (const up of ["./", "../", "../../"]) {
    const candidate = new URL(up, import.meta.url);
    if (existsSync(new URL("host.json", candidate))) return candidate;
  }
  throw new Error(`no host.json above ${fileURLToPath(import.meta.url)}`);
}
