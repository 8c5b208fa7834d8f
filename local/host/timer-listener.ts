import { dotnetTime } from "./dotnet-time.ts";
import type { Schedule } from "./ncrontab.ts";
import type { TriggerInput } from "./invoke.ts";
import type { ScheduleStatus } from "./timer-input.ts";
import { timerInput } from "./timer-input.ts";
import type { TimerRecord, TimerStore } from "./timer-status.ts";

export interface TimerListener {
  /** Fires no more; an invocation that runs goes on, and `drained` settles when it has ended. */
  stop(): void;
  drained(): Promise<void>;
}

export interface TimerParts {
  readonly name: string;
  readonly scheduleText: string;
  readonly schedule: Schedule;
  readonly runOnStartup: boolean;
  /**
   * False never remembers the schedule and is never past due, as the extension does under a minute.
   */
  readonly useMonitor: boolean;
  readonly store: TimerStore;
  /** Runs the function once; never throws. */
  readonly run: (input: TriggerInput) => Promise<unknown>;
  /** Hears of a record that could not be stored; the timer goes on. */
  readonly report: (error: unknown) => void;
  readonly nowMs: () => number;
}

/** Schedules with less between two occurrences are not monitored (timer extension). */
const MONITORED_FROM_MS = 60_000;
/** Occurrences looked at to tell how close together a schedule fires. */
const LOOKAHEAD = 5;
/** Timers of Node end at 2^31-1 ms; a longer wait is made of days. */
const LONGEST_WAIT_MS = 86_400_000;

/** Whether any of the next occurrences are less than a minute apart. */
export function firesWithinMinute(schedule: Schedule, nowMs: number): boolean {
  let last = schedule.nextAfterMs(nowMs);
  for (let index = 0; index < LOOKAHEAD && last !== null; index += 1) {
    const next = schedule.nextAfterMs(last);
    if (next !== null && next - last < MONITORED_FROM_MS) return true;
    last = next;
  }
  return false;
}

/**
 * Fires a timer function at its occurrences, one invocation at a time; whatever an invocation
 * overran collapses into one run right after it. A monitored schedule whose occurrence passed while
 * no host was up runs at once with `isPastDue`; one whose text has changed since does not.
 */
export function listenTimer(parts: TimerParts): TimerListener {
  const monitored = parts.useMonitor && !firesWithinMinute(parts.schedule, parts.nowMs());
  let timeout: NodeJS.Timeout | null = null;
  let running: Promise<void> = Promise.resolve();
  let stopped = false;

  const fire = async (dueAtMs: number, isPastDue: boolean): Promise<void> => {
    const known = monitored ? parts.store.read(parts.name) : null;
    await parts.run(timerInput(known === null ? null : statusOf(known), isPastDue, parts.nowMs()));
    const next = parts.schedule.nextAfterMs(dueAtMs);
    if (next === null) return;
    remember(dueAtMs, next);
    arm(next);
  };
  const remember = (lastAtMs: number | null, nextAtMs: number): void => {
    if (!monitored) return;
    const { scheduleText: schedule, store, name } = parts;
    try {
      store.write(name, { schedule, lastAtMs, nextAtMs, updatedAtMs: parts.nowMs() });
    } catch (error) {
      parts.report(error);
    }
  };
  const arm = (dueAtMs: number): void => {
    if (stopped) return;
    const waitMs = Math.min(Math.max(dueAtMs - parts.nowMs(), 0), LONGEST_WAIT_MS);
    timeout = setTimeout(() => {
      // A wait that was cut at a day, or ended a touch early, is continued instead of fired.
      if (parts.nowMs() < dueAtMs) return arm(dueAtMs);
      // Several missed occurrences are one run: the next one counts from now.
      const missed = (parts.schedule.nextAfterMs(dueAtMs) ?? Infinity) <= parts.nowMs();
      running = fire(missed ? parts.nowMs() : dueAtMs, false);
    }, waitMs);
  };

  const plan = firstRun(parts, monitored);
  if (plan.kind === "now") running = fire(parts.nowMs(), plan.isPastDue);
  if (plan.kind === "later") {
    remember(plan.lastAtMs, plan.dueAtMs);
    arm(plan.dueAtMs);
  }
  return {
    stop() {
      stopped = true;
      if (timeout !== null) clearTimeout(timeout);
    },
    drained: () => running,
  };
}

type FirstRun =
  | { readonly kind: "now"; readonly isPastDue: boolean }
  | { readonly kind: "later"; readonly dueAtMs: number; readonly lastAtMs: number | null }
  /** The schedule names a day that does not come. */
  | { readonly kind: "never" };

function firstRun(parts: TimerParts, monitored: boolean): FirstRun {
  const nowMs = parts.nowMs();
  const known = monitored ? parts.store.read(parts.name) : null;
  const unchanged = known !== null && known.schedule === parts.scheduleText;
  if (unchanged && nowMs > known.nextAtMs) return { kind: "now", isPastDue: true };
  if (parts.runOnStartup) return { kind: "now", isPastDue: false };
  const dueAtMs = unchanged ? known.nextAtMs : parts.schedule.nextAfterMs(nowMs);
  if (dueAtMs === null) return { kind: "never" };
  return { kind: "later", dueAtMs, lastAtMs: known?.lastAtMs ?? null };
}

/** The year 1 stands for "has not run yet", as in .NET. */
function statusOf(record: TimerRecord): ScheduleStatus {
  return {
    last: record.lastAtMs === null ? "0001-01-01T00:00:00+00:00" : dotnetTime(record.lastAtMs),
    next: dotnetTime(record.nextAtMs),
    lastUpdated: dotnetTime(record.updatedAtMs),
  };
}
