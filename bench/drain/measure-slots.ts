import { atLeast, atMost, row, type Row } from "../table.ts";
import { machinesOf } from "./backlog.ts";
import { callsOverLimit, countWithin, possibleStarts } from "./figures.ts";
import { SHIPPED } from "../shipped-limits.ts";
import { countsNow, load, runUntil, workRequests, type Load } from "./run-virtual.ts";

const PART = "drain";
const BACKLOGS = [10, 100, 1_000, 10_000, 100_000] as const;
const WORKERS = [1, 4, 16] as const;
/** A big backlog is measured over so many windows, with all of it queued. */
const WINDOWS_MOST = 60;
/** Half a minute to a minute and a half: calls bind, not sessions. */
const SHORT_SESSION_MS = [30_000, 90_000] as const;
const FIRST_POST_WITHIN_MS = 600_000;

/** What one run of windows came to. */
interface SlotsRun {
  readonly used: number;
  readonly ratio: number;
  readonly over: number;
  /** Per sequence that was started: drain, poll and queue, and accepting. */
  readonly requests: number;
  readonly acceptRequests: number;
}

/** Slots used of those possible, and what each sequence costs, over backlogs and workers. */
export async function measureSlots(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const costs = new Map<string, number>();
  for (const backlog of BACKLOGS) {
    for (const workers of WORKERS) {
      const run = await runSlots({
        seed: 7,
        workers,
        backlog: machinesOf("m", backlog),
        sessionMs: SHORT_SESSION_MS,
      });
      costs.set(`${backlog} ${workers}`, run.requests + run.acceptRequests);
      rows.push(...rowsOf(backlog, workers, run));
    }
  }
  const growth = WORKERS.map(
    (workers) => (costs.get(`100000 ${workers}`) ?? NaN) / (costs.get(`100 ${workers}`) ?? NaN),
  );
  return [
    ...rows,
    row({
      part: PART,
      measure: "storage requests per sequence, 100,000 against 100",
      setting: "the worst of 1, 4 and 16 workers",
      value: Math.max(...growth),
      unit: "x",
      bound: atMost(1.2),
    }),
  ];
}

function rowsOf(backlog: number, workers: number, run: SlotsRun): Row[] {
  const setting = `${backlog.toLocaleString("en")} queued, ${workers} workers`;
  const at = { part: PART, setting };
  return [
    row({
      ...at,
      measure: "slots used / possible",
      value: run.ratio,
      unit: "x",
      bound: atLeast(0.97),
    }),
    row({ ...at, measure: "calls over the limit", value: run.over, unit: "", bound: atMost(0) }),
    row({
      ...at,
      measure: "storage requests per sequence",
      value: run.requests + run.acceptRequests,
      unit: "",
      bound: atMost(8),
    }),
  ];
}

/**
 * From the first POST over whole windows, as many as cannot empty the backlog: in those nobody
 * could start more than ten each.
 */
async function runSlots(options: Load): Promise<SlotsRun> {
  const { world, acceptRequests } = await load(options);
  const backlog = options.backlog.length;
  const { callsPerWindow, windowMs, maxSessions } = SHIPPED;
  const before = countsNow(world);
  world.start();
  const windows = Math.min(WINDOWS_MOST, Math.floor(backlog / callsPerWindow));
  const { arrivals, starts } = world.tenant;
  await runUntil(world, FIRST_POST_WITHIN_MS, () => arrivals.length > 0);
  const firstMs = arrivals[0] ?? NaN;
  const untilMs = firstMs + windows * windowMs;
  await world.clock.advanceTo(firstMs + windowMs);
  const early = workRequests(world, before);
  await world.clock.advanceTo(untilMs);
  const used = countWithin(starts, firstMs, untilMs);
  const [shortest, longest] = options.sessionMs;
  const meanSessionMs = (shortest + longest) / 2;
  const law = { callsPerWindow, windowMs, maxSessions, meanSessionMs };
  const all = workRequests(world, before);
  const isWhole = windows * callsPerWindow >= backlog;
  return {
    used,
    ratio: used / possibleStarts(law, windows),
    over: callsOverLimit(arrivals, callsPerWindow, windowMs),
    requests: isWhole ? all / used : costOfPart({ early, all, windows, used, backlog }),
    acceptRequests: acceptRequests / backlog,
  };
}

/**
 * Where only a part of the backlog is worked on in the time that is measured, the bells of all of
 * it are still taken in at once, in the first window: what that cost above a usual window is the
 * whole backlog's.
 */
function costOfPart(run: {
  early: number;
  all: number;
  windows: number;
  used: number;
  backlog: number;
}): number {
  const usual = (run.all - run.early) / (run.windows - 1);
  return (usual * run.windows) / run.used + Math.max(0, run.early - usual) / run.backlog;
}
