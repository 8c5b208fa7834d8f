import { storageAccess, tokenSource } from "../../shared/credentials.ts";
import { readConfig } from "../../shared/config.ts";
import { checkDefender } from "./check-defender.ts";
import { checkLockout } from "./check-lockout.ts";
import { checkQueues } from "./check-queues.ts";
import { checkSettings } from "./check-settings.ts";
import { checkStorage } from "./check-storage.ts";
import { found, type Finding } from "./finding.ts";

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
  const storage = async () => [
    ...(await checkStorage(access, examination)),
    await checkLockout(access, read.config.partition),
  ];
  const defender = async () => await checkDefender(read.config, getToken, examination);
  const findings = await Promise.all([
    checked("storage", "AzureWebJobsStorage", storage),
    checked("queues", "AzureWebJobsStorage", async () => await checkQueues(access)),
    checked("Defender API", "DEFENDER_API_URL", defender),
  ]);
  return [...settings, ...findings.flat()];
}

/**
 * A client that cannot even be made, of a setting with the right form and a wrong meaning. Its
 * message is not shown, for it may quote the setting.
 */
async function checked(
  check: string,
  setting: string,
  act: () => Promise<Finding[]>,
): Promise<Finding[]> {
  try {
    return await act();
  } catch {
    const fix = `Correct ${setting}; docs/settings.md says which values it takes.`;
    return [
      found("error", check, `The doctor can reach nothing with the value of ${setting}.`, fix),
    ];
  }
}
