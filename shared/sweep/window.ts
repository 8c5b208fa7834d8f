import type { SweptBy } from "../ledger/sweep/batch.ts";
import { minuteOfDay, nextInZone } from "./zone.ts";

type Window = SweptBy["window"];

/**
 * When a sequence may go: null means now. A window whose end is before its beginning goes over
 * midnight. Without a window it may always go.
 */
export function opensAtMs(window: Window, nowMs: number): number | null {
  if (window === null || isOpen(window, nowMs)) return null;
  const from = minutesIn(window.from);
  const cron = `${from % 60} ${Math.floor(from / 60)} * * *`;
  const next = nextInZone(cron, window.zone, nowMs);
  if (next === null) throw new Error(`the window never opens at ${window.from} ${window.zone}`);
  return next;
}

/**
 * The instant by which the window has been open for `openMs` since `fromMs`. It counts a day as 24
 * hours: so where the clocks change meanwhile, it may be an hour off.
 */
export function afterOpenTime(window: Window, fromMs: number, openMs: number): number {
  if (window === null) return fromMs + openMs;
  const eachDayMs = msUntil(window.to, minutesIn(window.from));
  // Each whole day has as much open time, wherever in the window it begins.
  const days = Math.max(0, Math.ceil(openMs / eachDayMs) - 1);
  let atMs = fromMs + days * DAY_MS;
  let leftMs = openMs - days * eachDayMs;
  // What is left is at most the time of one day: two openings have it.
  for (;;) {
    atMs = opensAtMs(window, atMs) ?? atMs;
    const untilMs = msUntil(window.to, minuteOfDay(window.zone, atMs)) - (atMs % MINUTE_MS);
    const openNowMs = Math.min(untilMs, eachDayMs);
    if (leftMs <= openNowMs) return atMs + leftMs;
    leftMs -= openNowMs;
    atMs += openNowMs;
  }
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
const DAY_MS = DAY_MINUTES * MINUTE_MS;

/** From this minute of a day until the clock shows `time`; a whole day if it does so now. */
function msUntil(time: string, minute: number): number {
  const minutes = (minutesIn(time) - minute + DAY_MINUTES) % DAY_MINUTES;
  return (minutes === 0 ? DAY_MINUTES : minutes) * MINUTE_MS;
}

function isOpen({ from, to, zone }: NonNullable<Window>, nowMs: number): boolean {
  const [begins, ends, now] = [minutesIn(from), minutesIn(to), minuteOfDay(zone, nowMs)];
  return begins < ends ? begins <= now && now < ends : begins <= now || now < ends;
}

function minutesIn(time: string): number {
  const [hours = "", minutes = ""] = time.split(":");
  return Number(hours) * 60 + Number(minutes);
}
