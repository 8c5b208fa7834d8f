import type { StorageAccess } from "../azure/access.ts";
import { readConfig, type Config } from "../config.ts";
import { storageAccess, tokenSource } from "../credentials.ts";
import { ASKED_KEY, RATE_TOKEN_KEY } from "../ledger/row/keys.ts";
import { createPorts } from "../outside.ts";
import type { Log, Ports } from "../ports.ts";
import { CALL_TIMEOUT_MS, checkDefender } from "./check-defender.ts";
import { sweepsThatHunt } from "./check-hunting.ts";
import { checkLedger, ledgerUnread } from "./check-ledger.ts";
import type { PausedLedger } from "./check-marks.ts";
import { checkQueues } from "./check-queues.ts";
import { checkRows } from "./check-rows.ts";
import { checkSettings } from "./check-settings.ts";
import { checkStorage, TABLE_CHECKS } from "./check-storage.ts";
import { found, type Finding } from "./finding.ts";
import { freePurse, NO_PURSE, purseOf, type Purse } from "./purse.ts";

/** What is examined, and how far it may go. */
export interface Examination {
  /** The settings as the app has them. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * True where the app runs. Elsewhere the settings may be incomplete, and the doctor does not
   * begin a ledger under the name that they give: the app would keep that name.
   */
  readonly isApp: boolean;
  /** True: one POST about a machine that does not exist, to see whether live response is on. */
  readonly probe: boolean;
  /** This host's clock, epoch milliseconds. */
  readonly nowMs: () => number;
  readonly fetch: typeof fetch;
  readonly log: Log;
}

/**
 * Checks everything the app needs, in the order in which it is best mended. It asks storage for
 * writes that cannot succeed, and Defender for a list. It changes nothing but the budget, which
 * pays for its calls to Defender. Never throws.
 */
export async function examine(examination: Examination): Promise<Finding[]> {
  const { env, nowMs } = examination;
  const settings = checkSettings(env);
  const read = readConfig(env);
  // Without settings that can be read there is nothing to reach anything with.
  if (read.kind === "wrong") return settings;
  const { config } = read;
  const access = storageAccess(config.storage, env);
  const [storage, queues] = await Promise.all([
    checked("storage", "AzureWebJobsStorage", async () => await checkStorage(access, examination)),
    checkQueues(access),
  ]);
  const ledger = await readLedger(config, access, examination, storage);
  const defender = await checked("Defender API", "DEFENDER_API_URL", async () => {
    const getToken = tokenSource(config, env, nowMs);
    const { purse, paused, hunting } = ledger;
    return await checkDefender(config, getToken, { ...examination, purse, paused, hunting });
  });
  return [...settings, ...storage, ...ledger.findings, ...queues, ...defender];
}

interface LedgerRead {
  readonly findings: readonly Finding[];
  readonly purse: Purse;
  /** Null unless lrq is paused. */
  readonly paused: PausedLedger | null;
  /** Names of sweeps whose targets are queries. */
  readonly hunting: readonly string[];
}

const UNREAD: LedgerRead = {
  findings: [ledgerUnread()],
  purse: NO_PURSE,
  paused: null,
  hunting: [],
};

/** What the ledger says, and who pays. It is not asked if its table did not answer before. */
async function readLedger(
  config: Config,
  access: StorageAccess,
  examination: Examination,
  storage: readonly Finding[],
): Promise<LedgerRead> {
  const usable = storage.filter(({ check, state }) => TABLE_CHECKS.has(check) && state === "ok");
  if (usable.length < TABLE_CHECKS.size) return UNREAD;
  try {
    const ports = { ...createPorts(config, examination.env), log: examination.log };
    const { findings, budget } = await checkLedger(ports.ledger);
    const { ledger } = ports;
    const { limits } = config;
    const isPaused = budget !== null && budget.paused !== null;
    const paused = isPaused ? { ledger, limits, requestors: budget.requestors } : null;
    const hunting = await sweepsThatHunt(ledger, config);
    const rows = await checkRows(access, ledger);
    const purse = await choosePurse(ports, config, examination.isApp);
    return { findings: [...findings, ...rows], paused, hunting, purse };
  } catch {
    // Its message may name what is in the settings.
    return UNREAD;
  }
}

async function choosePurse(ports: Ports, config: Config, isApp: boolean): Promise<Purse> {
  if (isApp || (await isBegun(ports))) return purseOf(ports, config.limits);
  return freePurse(CALL_TIMEOUT_MS);
}

/** There is a row that calls are paid from, whether it can be read or not. */
async function isBegun({ ledger }: Pick<Ports, "ledger">): Promise<boolean> {
  return ((await ledger.read(RATE_TOKEN_KEY)) ?? (await ledger.read(ASKED_KEY))) !== null;
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
