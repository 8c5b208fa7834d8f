import { dotnetTime } from "./dotnet-time.ts";
import type { TriggerInput } from "./invoke.ts";

/** When a timer fired last and is to fire next; instants as .NET writes them. */
export interface ScheduleStatus {
  readonly last: string;
  readonly next: string;
  readonly lastUpdated: string;
}

/**
 * A timer as the extension hands it over; `status` is null for schedules that are not monitored.
 */
export function timerInput(
  status: ScheduleStatus | null,
  isPastDue: boolean,
  nowMs: number,
): TriggerInput {
  const timer = {
    Schedule: { AdjustForDST: true },
    ScheduleStatus:
      status === null
        ? null
        : { Last: status.last, Next: status.next, LastUpdated: status.lastUpdated },
    IsPastDue: isPastDue,
  };
  const triggerMetadata = { TimerTrigger: { string: shortTime(nowMs) } };
  return { data: { json: JSON.stringify(timer) }, triggerMetadata };
}

/** As .NET writes a time without being asked for a form: `11/28/2026 04:12:43`. */
function shortTime(atMs: number): string {
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T([\d:]+)/.exec(dotnetTime(atMs)) ?? [];
  return `${month}/${day}/${year} ${time}`;
}
