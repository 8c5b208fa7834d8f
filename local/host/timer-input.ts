import type { TriggerInput } from "./invoke.ts";

/** When a timer fired last and is to fire next; ISO 8601 instants. */
export interface ScheduleStatus {
  readonly last: string;
  readonly next: string;
  readonly lastUpdated: string;
}

/**
 * A timer as the extension hands it over; `status` is null for schedules that are not monitored.
 */
export function timerInput(status: ScheduleStatus | null, isPastDue: boolean): TriggerInput {
  const timer = {
    Schedule: { AdjustForDST: true },
    ScheduleStatus:
      status === null
        ? null
        : { Last: status.last, Next: status.next, LastUpdated: status.lastUpdated },
    IsPastDue: isPastDue,
  };
  return { data: { json: JSON.stringify(timer) }, triggerMetadata: {} };
}
