import type { Limits } from "../../shared/limits/pace/limits.ts";

/** The documented numbers and the defaults of the settings; or as told. */
export function someLimits(overrides: Partial<Limits> = {}): Limits {
  return {
    callsPerWindow: 10,
    windowMs: 60_000,
    maxSessions: 25,
    sendFenceMs: 2_000,
    callTimeoutMs: 30_000,
    guardMs: 180_000,
    patienceMs: 900_000,
    busyRetryMs: 60_000,
    offlineRetryMs: 3_600_000,
    pollMs: 15_000,
    closedDoorMs: 60_000,
    readsPerMinute: 100,
    readsPerHour: 1_500,
    huntsPerMinute: 15,
    ...overrides,
  };
}
