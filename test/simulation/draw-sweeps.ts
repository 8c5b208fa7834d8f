import { NO_FAULTS, type FaultRates } from "./faults.ts";
import { SWEPT_NAME } from "./profiles.ts";
import type { SweepOperation, SweepPlan } from "./scenario.ts";
import { between, chance, oneOf, stream, whole } from "./streams.ts";

const SWEPT_SHARE = 0.2;
const OPERATIONS_MOST = 4;
const WITHIN_MS = 900_000;
const KINDS = ["start", "stop", "stopAll", "pause", "resume", "rerun", "apply"] as const;
const READINGS_MOST = 4;
const ROW_WEATHER: readonly FaultRates[] = [
  NO_FAULTS,
  { ...NO_FAULTS, storage: 0.4 },
  { ...NO_FAULTS, crash: 0.2 },
  { ...NO_FAULTS, storage: 0.15, crash: 0.05, stall: 0.1 },
];
const CRONS = ["*/5 * * * *", "*/3 * * * *", "*/10 * * * *"] as const;

/**
 * For a share of the seeds there is a sweep over all machines, and people steer it. By a stream of
 * its own, so that all other draws stay as they were.
 */
export function drawSweeps(seed: number): SweepPlan | null {
  const random = stream(seed, "sweeps");
  if (!chance(random, SWEPT_SHARE)) return null;
  const operations = Array.from({ length: whole(random, 0, OPERATIONS_MOST) }, () => {
    const atMs = Math.floor(between(random, 60_000, WITHIN_MS));
    return { kind: oneOf(random, KINDS), atMs } satisfies SweepOperation;
  });
  return {
    definition: {
      name: "hosts",
      title: "Hosts files",
      profiles: [SWEPT_NAME],
      targets: { include: [{ names: ["*"] }] },
      schedule: { cron: oneOf(random, CRONS), zone: "Etc/UTC" },
      startingDeadline: oneOf(random, ["1m", "10m"]),
      overlap: oneOf(random, ["skip", "replace", "allow"]),
      expires: oneOf(random, ["5m", "8m"]),
      share: oneOf(random, [0.5, 1]),
      firstWave: oneOf(random, [0, 1, 2]),
      limit: chance(random, 0.2) ? 2 : null,
      pauseAfter: { failedShare: oneOf(random, [0.3, 1]), of: 2 },
      ...drawCoverage(seed),
    },
    // It is paused at the end, so that the last round ends.
    operations: [...operations, { kind: "pauseSweep", atMs: WITHIN_MS }],
    tickEveryMs: oneOf(random, [20_000, 60_000]),
    ticksOverlap: chance(random, 0.3),
    ...drawRows(seed),
  };
}

function drawCoverage(seed: number): { readonly coverage: number | null } {
  return { coverage: oneOf(stream(seed, "coverage"), [null, 0.5, 1]) };
}

/** The weather of the store of rows, and who reads it; by a stream of their own. */
function drawRows(seed: number): Pick<SweepPlan, "rowRates" | "readings"> {
  const random = stream(seed, "rows");
  const readings = Array.from({ length: whole(random, 0, READINGS_MOST) }, () =>
    Math.floor(between(random, 60_000, WITHIN_MS)),
  );
  return { rowRates: oneOf(random, ROW_WEATHER), readings };
}
