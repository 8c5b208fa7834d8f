import { randomBytes, randomUUID } from "node:crypto";
import { lookup } from "node:dns/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { createBellQueues } from "./azure/bell-queues.ts";
import { createPoisonQueues } from "./azure/poison-queues.ts";
import { createEvidenceBlobs } from "./azure/evidence-blobs.ts";
import { createRowBlobs } from "./azure/row-blobs.ts";
import { createLedgerTable } from "./azure/ledger-table.ts";
import { createServiceClock } from "./azure/service-clock.ts";
import type { Config } from "./config.ts";
import { graphTokens, managementTokens, storageAccess, tokenSource } from "./credentials.ts";
import { createDefender } from "./defender/client.ts";
import { DEFAULT_TIMEOUTS, type GraphOptions } from "./defender/options.ts";
import { isLoopback } from "./loopback.ts";
import { createCallbacks } from "./outbound/callbacks.ts";
import type { Defender, Ports } from "./ports.ts";
import { withoutChanges, withoutSubmissions } from "./workflow/operate/lockdown.ts";

/** The ledger's table, and the containers of evidence and of rows. */
export const LEDGER_TABLE = "ledger";
export const EVIDENCE_CONTAINER = "evidence";
export const ROWS_CONTAINER = "rows";

/**
 * Everything outside, as the deployed app has it: storage, Defender, receivers, time and chance.
 */
export function createPorts(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
): Omit<Ports, "log"> {
  const service = createServiceClock({ monotonicMs, sleep: pass });
  const access = storageAccess(config.storage, env);
  const defender = createDefender({
    baseUrl: config.defender.url,
    getToken: tokenSource(config, env, Date.now),
    nowMs: Date.now,
    timeouts: { ...DEFAULT_TIMEOUTS, submitMs: config.defender.callTimeoutMs },
    linkHosts: linkHosts(config.defender.url),
    graph: graphFor(config, env),
  });
  return {
    ledger: createLedgerTable({
      access,
      tableName: LEDGER_TABLE,
      partition: config.partition,
      observe: (reading) => {
        service.observe(reading);
      },
      monotonicMs,
    }),
    bells: createBellQueues(access),
    poison: createPoisonQueues(access),
    evidence: createEvidenceBlobs(access, EVIDENCE_CONTAINER, randomUUID),
    rows: createRowBlobs(access, ROWS_CONTAINER),
    defender: braked(config, defender),
    callbacks: createCallbacks({
      lookup: async (name) => await lookup(name, { all: true }),
      allowLoopback: config.callbacks.allowLoopback,
      nowMs: Date.now,
      timeoutMs: config.callbacks.timeoutMs,
      getToken: managementTokens(config, env, Date.now),
    }),
    clock: service.clock,
    random: {
      fraction: () => randomBytes(4).readUInt32BE() / 2 ** 32,
      id: () => randomBytes(16).toString("hex"),
      nonce: () => randomBytes(16).toString("hex"),
    },
  };
}

/** Graph, if the settings let it run the queries. */
function graphFor(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
): GraphOptions | null {
  const getToken = graphTokens(config, env, Date.now);
  const { graphUrl } = config.defender;
  return getToken === null || graphUrl === null ? null : { baseUrl: graphUrl, getToken };
}

/** Defender as far as the settings let lrq change anything there. */
function braked({ access }: Config, defender: Defender): Defender {
  if (access.lockdown) return withoutChanges(defender);
  return access.paused ? withoutSubmissions(defender) : defender;
}

function monotonicMs(): number {
  return performance.now();
}

async function pass(ms: number): Promise<void> {
  await sleep(ms);
}

/**
 * Result links lead to Azure's blob storage. If Defender is on this machine, they lead back to it.
 */
function linkHosts(defenderUrl: string): string[] {
  const url = new URL(defenderUrl);
  const azure = ["core.windows.net", "core.usgovcloudapi.net"];
  return isLoopback(url.hostname) ? [url.host] : azure;
}
