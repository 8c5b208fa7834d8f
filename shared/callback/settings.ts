import { z } from "zod";
import type { Problem } from "../incident/problem.ts";
import { hostsIn } from "./hosts.ts";
import type { CallbackRules } from "./targets.ts";
import { isLoopback } from "../loopback.ts";

/** The waits between the ten tries of Standard Webhooks 1.0.0: 75 hours and 35 minutes in all. */
const STANDARD_WAITS = "5,300,1800,7200,18000,36000,50400,72000,86400";
/** The longest of those waits; also the most waits that a setting may have. */
const WAIT_SECONDS_MAX = 86_400;
const WAITS_MAX = 20;

const flag = z.enum(["true", "false"]).default("false");

/** Seconds between tries, such as `5,300,1800`; empty text means only one try. */
const waits = z
  .string()
  .refine((text) => waitsIn(text) !== null, {
    error: `up to ${WAITS_MAX} numbers of seconds, each up to ${WAIT_SECONDS_MAX}, with commas`,
  })
  .default(STANDARD_WAITS);

const hosts = z
  .string()
  .refine((text) => hostsIn(text) !== null, {
    error: "names of hosts with commas between them, or *. and a suffix of two labels",
  })
  .optional();

/** The settings of callbacks, as parts of the whole schema in config.ts. */
export const callbackSettings = {
  CALLBACK_HOSTS: hosts,
  CALLBACK_ALLOW_LOOPBACK: flag,
  CALLBACK_SCHEDULE_SECONDS: waits,
  CALLBACK_TIMEOUT_SECONDS: z.coerce.number().min(1).max(60).default(15),
  SENTINEL_COMMENTS: flag,
  AZURE_MANAGEMENT_URL: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ""))
    .default("https://management.azure.com"),
  AZURE_MANAGEMENT_ACCESS_TOKEN: z.string().min(1).optional(),
};

const schema = z.object(callbackSettings);

/** The settings that decide how callbacks are sent. */
export interface CallbackConfig extends CallbackRules {
  /** The waits between tries; there is one more try than waits. */
  readonly waitsMs: readonly number[];
  readonly timeoutMs: number;
  /**
   * Only for a management API on this machine: a fixed token in the place of the app's identity.
   */
  readonly accessToken: string | null;
}

export function callbackConfigOf(from: z.infer<typeof schema>): CallbackConfig {
  return {
    hosts: hostsIn(from.CALLBACK_HOSTS ?? "") ?? [],
    allowLoopback: from.CALLBACK_ALLOW_LOOPBACK === "true",
    waitsMs: (waitsIn(from.CALLBACK_SCHEDULE_SECONDS) ?? []).map((seconds) => seconds * 1_000),
    timeoutMs: from.CALLBACK_TIMEOUT_SECONDS * 1_000,
    sentinelComments: from.SENTINEL_COMMENTS === "true",
    managementUrl: from.AZURE_MANAGEMENT_URL,
    accessToken: from.AZURE_MANAGEMENT_ACCESS_TOKEN ?? null,
  };
}

/**
 * What is wrong with these settings. `isLocal` says whether Defender is on this machine, as in a
 * local stack. Only then may callbacks go to this machine, and only then is a fixed token allowed.
 */
export function callbackProblems(from: z.infer<typeof schema>, isLocal: boolean): Problem[] {
  const problems: Problem[] = [];
  const refuse = (path: string, message: string) => problems.push({ path, message });
  if (from.CALLBACK_ALLOW_LOOPBACK === "true" && !isLocal) {
    refuse("CALLBACK_ALLOW_LOOPBACK", "only allowed when DEFENDER_API_URL is a loopback address");
  }
  const url = new URL(from.AZURE_MANAGEMENT_URL);
  const onLoopback = isLocal && isLoopback(url.hostname);
  if (url.protocol !== "https:" && !onLoopback) {
    refuse("AZURE_MANAGEMENT_URL", "https, or a loopback address when DEFENDER_API_URL is one");
  }
  if (url.username + url.password + url.search + url.hash !== "" || url.pathname !== "/") {
    refuse("AZURE_MANAGEMENT_URL", "a host, and nothing else");
  }
  if (from.AZURE_MANAGEMENT_ACCESS_TOKEN !== undefined && !onLoopback) {
    const message = "only allowed when AZURE_MANAGEMENT_URL and DEFENDER_API_URL are on loopback";
    refuse("AZURE_MANAGEMENT_ACCESS_TOKEN", message);
  }
  return problems;
}

function waitsIn(text: string): number[] | null {
  const parts = text.split(",").map((part) => part.trim());
  const seconds = parts.filter((part) => part !== "").map(Number);
  return seconds.length <= WAITS_MAX && seconds.every(isWait) ? seconds : null;
}

function isWait(seconds: number): boolean {
  return seconds >= 0 && seconds <= WAIT_SECONDS_MAX;
}
