import { row, type Row } from "../table.ts";
import { callsOverLimit, countWithin } from "./figures.ts";
import { startNaive, type NaiveKind } from "./naive.ts";
import { SHIPPED } from "../shipped-limits.ts";

const BACKLOG = 1_000;
const WORKERS = 4;
const WINDOWS = 20;
const NAMES: Readonly<Record<NaiveKind, string>> = {
  throws: "naive: throw and retry",
  polls: "naive: every message polls",
};

/** What the same work comes to without lrq, in the same rows; no bound is claimed for it. */
export async function measureNaive(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const kind of ["throws", "polls"] as const) {
    const run = startNaive(kind, {
      seed: 7,
      backlog: BACKLOG,
      workers: WORKERS,
      sessionMs: [30_000, 90_000],
    });
    const { clock, tenant } = run;
    while (tenant.arrivals.length === 0) await clock.advanceTo(clock.nowMs() + 100);
    const fromMs = tenant.arrivals[0] ?? NaN;
    const untilMs = fromMs + WINDOWS * SHIPPED.windowMs;
    await clock.advanceTo(untilMs);
    const used = countWithin(tenant.starts, fromMs, untilMs);
    const over = callsOverLimit(tenant.arrivals, SHIPPED.callsPerWindow, SHIPPED.windowMs);
    const at = { part: NAMES[kind], setting: "1,000 queued, 4 workers" };
    const possible = WINDOWS * SHIPPED.callsPerWindow;
    rows.push(
      row({ ...at, measure: "slots used / possible", value: used / possible, unit: "x" }),
      row({ ...at, measure: "calls over the limit", value: over, unit: "" }),
      row({
        ...at,
        measure: "storage requests per sequence",
        value: run.requests() / used,
        unit: "",
      }),
    );
  }
  return rows;
}
