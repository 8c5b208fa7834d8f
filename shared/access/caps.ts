import type { Caller } from "./caller.ts";

/**
 * How many machines may be acted on: in one incident, for one caller in a day, for all in a day. A
 * machine counts once for each pair of profile and parameters.
 */
export interface Caps {
  readonly perIncident: number;
  readonly perCallerDay: number;
  readonly perDay: number;
}

/** The caller's own caps replace those for everybody; none can raise the cap of the tenant. */
export function capsOf(
  { caps }: Pick<Caller, "caps">,
  { perIncident, perCallerDay, perDay }: Caps,
): Caps {
  return {
    perIncident: caps?.perIncident ?? perIncident,
    perCallerDay: caps?.perDay ?? perCallerDay,
    perDay,
  };
}

/** What has been counted before `asked` more. */
export interface Counted {
  readonly ofIncident: number;
  readonly ofCallerToday: number;
  readonly today: number;
}

/** The cap that is full; `left` is what is free of it. */
export interface OverCap {
  readonly cap: keyof Caps;
  readonly limit: number;
  readonly left: number;
  readonly asked: number;
}

/** Null if `asked` more machines fit under every cap. Either all of them count, or none. */
export function whichCap(caps: Caps, counted: Counted, asked: number): OverCap | null {
  const used = {
    perIncident: counted.ofIncident,
    perCallerDay: counted.ofCallerToday,
    perDay: counted.today,
  };
  for (const cap of ["perIncident", "perCallerDay", "perDay"] as const) {
    const left = Math.max(0, caps[cap] - used[cap]);
    if (asked > left) return { cap, limit: caps[cap], left, asked };
  }
  return null;
}

const DAY_MS = 86_400_000;

/** The day of an instant in UTC, eight digits. */
export function dayOf(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, 10).replaceAll("-", "");
}

/** Whole seconds, rounded up, until the next day begins in UTC. Then the counts begin at 0. */
export function secondsLeftOfDay(nowMs: number): number {
  return Math.ceil((DAY_MS - (nowMs % DAY_MS)) / 1_000);
}
