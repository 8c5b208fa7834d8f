import { z } from "zod";

/** The part of host.json that this host obeys. */
export interface HostSettings {
  /** Without slashes at either end; empty for none. */
  readonly routePrefix: string;
  /** After this an invocation is reported as too long; null is unbounded. */
  readonly functionTimeoutMs: number | null;
  readonly queues: QueueSettings;
}

export interface QueueSettings {
  /** Messages asked for at once, 1 to 32 (Queue service limit). */
  readonly batchSize: number;
  /** A new batch is asked for when so many messages or fewer are in work. */
  readonly newBatchThreshold: number;
  readonly maxPollingIntervalMs: number;
  /** How long a message stays hidden after a failed invocation. */
  readonly visibilityTimeoutSeconds: number;
  /** Invocations of one message before it becomes poison. */
  readonly maxDequeueCount: number;
  readonly messageEncoding: "base64" | "none";
}

export type HostSettingsReading =
  | { readonly kind: "valid"; readonly settings: HostSettings }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

/** The shortest polling interval the queue extension takes. */
const MIN_POLLING_INTERVAL_MS = 100;
/** Longest visibility timeout the Queue service takes: 7 days. */
const MAX_VISIBILITY_MS = 604_800_000;
/**
 * functionTimeout where host.json names none: 5 min, the Consumption plan's default, the shortest
 * of all plans.
 */
const DEFAULT_TIMEOUT = "00:05:00";

const timeSpan = z
  .string()
  .refine((text) => parseTimeSpanMs(text) !== null, "must be a time span such as 00:00:30");

// Defaults are the queue extension's; maxPollingInterval is the one it takes in development.
const Queues = z.object({
  batchSize: z.int().min(1).max(32).default(16),
  newBatchThreshold: z.int().min(0).optional(),
  maxPollingInterval: timeSpan
    .refine((text) => spanMs(text) >= MIN_POLLING_INTERVAL_MS, "must be 00:00:00.1 or longer")
    .default("00:00:02"),
  visibilityTimeout: timeSpan
    .refine((text) => spanMs(text) <= MAX_VISIBILITY_MS, "must be 7.00:00:00 or shorter")
    .default("00:00:00"),
  maxDequeueCount: z.int().min(1).default(5),
  messageEncoding: z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(z.enum(["base64", "none"]))
    .default("base64"),
});

const HostJson = z.object({
  version: z.literal("2.0"),
  functionTimeout: z.union([z.literal("-1"), timeSpan]).default(DEFAULT_TIMEOUT),
  extensions: z
    .object({
      http: z.object({ routePrefix: z.string().default("api") }).prefault({}),
      queues: Queues.prefault({}),
    })
    .prefault({}),
});

/**
 * Reads the text of host.json. Keys this host does not know are left to Azure; every problem names
 * its key.
 */
export function readHostSettings(text: string): HostSettingsReading {
  const json = parseJson(text);
  if (json.kind === "invalid") return json;
  const parsed = HostJson.safeParse(json.value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.map(String).join(".") || "host.json"}: ${issue.message}`,
    );
    return { kind: "invalid", problems };
  }
  const { functionTimeout, extensions } = parsed.data;
  const { maxPollingInterval, visibilityTimeout, newBatchThreshold, ...queues } = extensions.queues;
  return {
    kind: "valid",
    settings: {
      routePrefix: extensions.http.routePrefix.replaceAll(/^\/+|\/+$/g, ""),
      functionTimeoutMs: functionTimeout === "-1" ? null : spanMs(functionTimeout),
      queues: {
        ...queues,
        newBatchThreshold: newBatchThreshold ?? Math.floor(queues.batchSize / 2),
        maxPollingIntervalMs: spanMs(maxPollingInterval),
        visibilityTimeoutSeconds: Math.floor(spanMs(visibilityTimeout) / 1000),
      },
    },
  };
}

function parseJson(
  text: string,
):
  | { readonly kind: "parsed"; readonly value: unknown }
  | { readonly kind: "invalid"; readonly problems: readonly string[] } {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    return { kind: "parsed", value };
  } catch (error) {
    return { kind: "invalid", problems: [`host.json is not JSON: ${String(error)}`] };
  }
}

const TIME_SPAN = /^(?:(\d{1,5})\.)?(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,7}))?$/;

/**
 * Milliseconds of a .NET time span, `[d.]hh:mm:ss[.fffffff]` with hours to 23, or null if it is
 * none.
 */
export function parseTimeSpanMs(text: string): number | null {
  const match = TIME_SPAN.exec(text.trim());
  if (match === null) return null;
  const [, days = "0", hours, minutes, seconds, fraction = "0"] = match;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return null;
  const wholeMinutes = (Number(days) * 24 + Number(hours)) * 60 + Number(minutes);
  return (wholeMinutes * 60 + Number(seconds)) * 1000 + Math.round(Number(`0.${fraction}`) * 1000);
}

/** For text that has been checked already; anything else is a bug here. */
function spanMs(text: string): number {
  return parseTimeSpanMs(text) ?? 0;
}
