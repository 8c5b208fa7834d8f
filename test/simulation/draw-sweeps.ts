import { drawHours } from "./draw-hours.ts";
import { drawJoining, drawQuery, drawRecent } from "./draw-targets.ts";
import { NO_FAULTS, type FaultRates } from "./faults.ts";
import { SWEPT_NAME } from "./profiles.ts";
import type { Scenario, ScenarioMachine, SweepOperation, SweepPlan } from "./scenario.ts";
import { between, chance, oneOf, stream, whole } from "./streams.ts";

const SWEPT_SHARE = 0.2;
const OPERATIONS_MOST = 4;
const WITHIN_MS = 900_000;
const DELETED_SHARE = 0.25;
/** By then every host goes on that stood still while there were faults. */
const THAWED_MS = 1_110_000;
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
 * For a share of the seeds there is a sweep, and people steer it; then there may be more machines.
 * By a stream of its own, so that all other draws stay as they were.
 */
export function drawSweeps(
  seed: number,
  known: readonly ScenarioMachine[],
): Pick<Scenario, "sweeps" | "machines"> {
  const random = stream(seed, "sweeps");
  if (!chance(random, SWEPT_SHARE)) return { sweeps: null, machines: known };
  const joining = drawJoining(seed, known);
  const asking = drawQuery(seed, joining.machines);
  const { hours, window } = drawHours(seed);
  const operations = Array.from({ length: whole(random, 0, OPERATIONS_MOST) }, () => {
    const atMs = Math.floor(between(random, 60_000, WITHIN_MS));
    return { kind: oneOf(random, KINDS), atMs } satisfies SweepOperation;
  });
  const sweeps: SweepPlan = {
    definition: {
      name: "hosts",
      title: "Hosts files",
      profiles: [SWEPT_NAME],
      targets: { ...asking.targets, ...drawRecent(seed) },
      window,
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
    operations: [...operations, { kind: "pauseSweep", atMs: WITHIN_MS }, ...drawDeletion(seed)],
    hours,
    hunting: asking.hunting,
    listedEveryMs: joining.listedEveryMs,
    tickEveryMs: oneOf(random, [20_000, 60_000]),
    ticksOverlap: chance(random, 0.3),
    ...drawRows(seed),
  };
  return { sweeps, machines: asking.machines };
}

/** Perhaps somebody deletes it, and somebody else applies it again. */
function drawDeletion(seed: number): readonly SweepOperation[] {
  const random = stream(seed, "deletion");
  if (!chance(random, DELETED_SHARE)) return [];
  const atMs = Math.floor(between(random, 90_000, WITHIN_MS));
  const againMs = Math.floor(between(random, atMs, WITHIN_MS));
  if (chance(random, 0.5)) return [{ kind: "delete", atMs }];
  return [
    { kind: "delete", atMs },
    { kind: "apply", atMs: againMs },
    // A host that stood still may have applied it after the pause at the end.
    { kind: "pauseSweep", atMs: THAWED_MS },
  ];
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
