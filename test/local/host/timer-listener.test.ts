import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { readSchedule } from "../../../local/host/ncrontab.ts";
import type { TimerListener, TimerParts } from "../../../local/host/timer-listener.ts";
import { firesWithinMinute, listenTimer } from "../../../local/host/timer-listener.ts";
import type { TimerStore } from "../../../local/host/timer-status.ts";
import { openTimerStore } from "../../../local/host/timer-status.ts";

const TimerJson = z.object({
  IsPastDue: z.boolean(),
  ScheduleStatus: z.object({ Last: z.string(), Next: z.string() }).nullable(),
});
interface Run {
  readonly at: string;
  readonly pastDue: boolean;
  readonly status: z.infer<typeof TimerJson>["ScheduleStatus"];
  readonly trigger: string | undefined;
}

const NOON = Date.parse("2026-11-21T12:00:00Z");
let runs: Run[];
let listeners: TimerListener[];

beforeEach(() => {
  vi.useFakeTimers({ now: NOON });
  runs = [];
  listeners = [];
});
afterEach(() => {
  for (const listener of listeners) listener.stop();
  vi.useRealTimers();
});

function listen(
  scheduleText: string,
  store: TimerStore,
  more: Partial<TimerParts> & { workMs?: () => number } = {},
): TimerListener {
  const reading = readSchedule(scheduleText);
  if (reading.kind === "invalid") throw new Error(reading.problem);
  const listener = listenTimer({
    name: "ticker",
    scheduleText,
    schedule: reading.schedule,
    runOnStartup: false,
    useMonitor: true,
    store,
    nowMs: Date.now,
    report: (error) => expect.unreachable(String(error)),
    run: async ({ data, triggerMetadata }) => {
      const json = TimerJson.parse(JSON.parse(data.json ?? ""));
      const at = new Date().toISOString().slice(11, 19);
      const trigger = triggerMetadata["TimerTrigger"]?.string;
      runs.push({ at, pastDue: json.IsPastDue, status: json.ScheduleStatus, trigger });
      const workMs = more.workMs?.() ?? 0;
      if (workMs > 0) await new Promise((resolve) => setTimeout(resolve, workMs));
    },
    ...more,
  });
  listeners.push(listener);
  return listener;
}
const times = (): string[] => runs.map((run) => run.at);

describe("a timer", () => {
  it("fires at its occurrences", async () => {
    listen("0 */5 * * * *", openTimerStore(null));
    await vi.advanceTimersByTimeAsync(16 * 60_000);
    expect(times()).toEqual(["12:05:00", "12:10:00", "12:15:00"]);
    expect(runs.every((run) => !run.pastDue)).toBe(true);
    expect(runs[1]?.status).toEqual({
      Last: "2026-11-21T12:05:00+00:00",
      Next: "2026-11-21T12:10:00+00:00",
    });
    expect(runs[0]?.status?.Last).toBe("0001-01-01T00:00:00+00:00");
    expect(runs[0]?.trigger).toBe("11/21/2026 12:05:00");
  });

  it("never overlaps itself, and makes one run of all it missed", async () => {
    let first = true;
    listen("*/10 * * * * *", openTimerStore(null), {
      workMs: () => (first ? ((first = false), 35_000) : 0),
    });
    await vi.advanceTimersByTimeAsync(65_000);
    expect(times()).toEqual(["12:00:10", "12:00:45", "12:00:50", "12:01:00"]);
  });

  it("waits longer than Node's longest timer for an occurrence far away", async () => {
    listen("0 0 0 1 1 *", openTimerStore(null));
    await vi.advanceTimersByTimeAsync(41 * 86_400_000);
    expect(runs).toHaveLength(1);
  });

  it("fires no more once stopped, and waits for what runs", async () => {
    const listener = listen("*/10 * * * * *", openTimerStore(null), { workMs: () => 5000 });
    await vi.advanceTimersByTimeAsync(11_000);
    listener.stop();
    let drained = false;
    void listener.drained().then(() => (drained = true));
    await vi.advanceTimersByTimeAsync(1000);
    expect(drained).toBe(false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([drained, times()]).toEqual([true, ["12:00:10"]]);
  });

  it("fires at the start when it asks for that", async () => {
    listen("0 0 * * * *", openTimerStore(null), { runOnStartup: true });
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(times()).toEqual(["12:00:00", "13:00:00"]);
  });
});

describe("a timer whose host was down", () => {
  it("runs once at the next start, past due, then goes on", async () => {
    const store = openTimerStore(null);
    listen("0 */5 * * * *", store).stop();
    await vi.advanceTimersByTimeAsync(23 * 60_000);
    listen("0 */5 * * * *", store);
    await vi.advanceTimersByTimeAsync(2 * 60_000);
    expect(runs.map((run) => [run.at, run.pastDue])).toEqual([
      ["12:23:00", true],
      ["12:25:00", false],
    ]);
  });

  it("is not past due when nothing was missed, nor when the schedule is another now", async () => {
    const store = openTimerStore(null);
    listen("0 */5 * * * *", store).stop();
    await vi.advanceTimersByTimeAsync(2 * 60_000);
    listen("0 */5 * * * *", store).stop();
    await vi.advanceTimersByTimeAsync(20 * 60_000);
    listen("0 */7 * * * *", store);
    await vi.advanceTimersByTimeAsync(0);
    expect(runs).toEqual([]);
  });

  it("is never past due, and has no status, when it fires more often than once a minute", async () => {
    const store = openTimerStore(null);
    listen("*/30 * * * * *", store).stop();
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    listen("*/30 * * * * *", store);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(runs).toMatchObject([{ at: "12:10:30", pastDue: false, status: null }]);
  });
});

describe("firing within a minute", () => {
  it.each([
    ["*/30 * * * * *", true],
    ["0 * * * * *", false],
    ["0,50 0 * * * *", true],
    ["00:00:59", true],
    ["00:01:00", false],
  ])("%s: %s", (text, expected) => {
    const reading = readSchedule(text);
    expect(reading.kind === "schedule" && firesWithinMinute(reading.schedule, NOON)).toBe(expected);
  });
});

describe("the timer file", () => {
  const record = { schedule: "0 * * * * *", lastAtMs: null, nextAtMs: NOON, updatedAtMs: NOON };

  it("is read again by the next host, and a broken one counts as empty", () => {
    const dir = mkdtempSync(join(tmpdir(), "lrq-timers-"));
    openTimerStore(dir).write("ticker", record);
    expect(openTimerStore(dir).read("ticker")).toEqual(record);
    expect(readFileSync(join(dir, "timers.json"), "utf8")).toContain('"ticker"');
    writeFileSync(join(dir, "timers.json"), "{ half");
    expect(openTimerStore(dir).read("ticker")).toBeNull();
    rmSync(dir, { recursive: true });
  });

  it("that cannot be written is reported, and the timer goes on", async () => {
    const reported: unknown[] = [];
    const store: TimerStore = {
      read: () => null,
      write: () => {
        throw new Error("disk full");
      },
    };
    listen("0 * * * * *", store, { report: (error) => reported.push(error) });
    await vi.advanceTimersByTimeAsync(120_000);
    expect(times()).toEqual(["12:01:00", "12:02:00"]);
    expect(reported.length).toBeGreaterThan(0);
  });
});
