import { Cron } from "croner";

/** True for a name of the IANA time zone database that this Node knows. */
export function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** Why the five fields are no schedule; null if they are one. */
export function whyNoCron(cron: string): string | null {
  try {
    return new Cron(cron, { mode: "5-part" }).nextRun(new Date(0)) === null
      ? "It never comes due."
      : null;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `It is no cron expression of five fields: ${why}`;
  }
}

/**
 * The first instant after `afterMs` at which the schedule is due in its zone; null if there is
 * none. An hour that a change of clocks skips is due right after it. In an hour that comes twice, a
 * schedule that names its hour is due once, and one of every hour is due in both (croner).
 */
export function nextInZone(cron: string, zone: string, afterMs: number): number | null {
  const next = new Cron(cron, { mode: "5-part", timezone: zone }).nextRun(new Date(afterMs));
  return next?.getTime() ?? null;
}

/** Minutes since midnight in the zone. */
export function minuteOfDay(zone: string, atMs: number): number {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
  return Number(parts.get("hour")) * 60 + Number(parts.get("minute"));
}
