import { storageAccess, tokenSource } from "../../shared/credentials.ts";
import { readConfig } from "../../shared/config.ts";
import { checkDefender } from "./check-defender.ts";
import { checkQueues } from "./check-queues.ts";
import { checkSettings } from "./check-settings.ts";
import { checkStorage } from "./check-storage.ts";
import type { Finding } from "./finding.ts";

/** What is examined, and how far it may go. */
export interface Examination {
  /** The settings as the app has them. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** True: one POST about a machine that does not exist, to see whether live response is on. */
  readonly probe: boolean;
  /** This host's clock, epoch milliseconds. */
  readonly nowMs: () => number;
  readonly fetch: typeof fetch;
}

/**
 * Checks everything the app needs, in the order in which it is best mended, and changes nothing: it
 * asks storage for writes that cannot succeed, and Defender for a list. Never throws.
 */
export async function examine(examination: Examination): Promise<Finding[]> {
  const { env, nowMs } = examination;
  const settings = checkSettings(env);
  const read = readConfig(env);
  // Without settings that can be read there is nothing to reach anything with.
  if (read.kind === "wrong") return settings;
  const access = storageAccess(read.config.storage, env);
  const getToken = tokenSource(read.config, env, nowMs);
  const [storage, queues, defender] = await Promise.all([
    checkStorage(access, examination),
    checkQueues(access),
    checkDefender(read.config, getToken, examination),
  ]);
  return [...settings, ...storage, ...queues, ...defender];
}
