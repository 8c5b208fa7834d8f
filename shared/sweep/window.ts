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

function isOpen({ from, to, zone }: NonNullable<Window>, nowMs: number): boolean {
  const [begins, ends, now] = [minutesIn(from), minutesIn(to), minuteOfDay(zone, nowMs)];
  return begins < ends ? begins <= now && now < ends : begins <= now || now < ends;
}

function minutesIn(time: string): number {
  const [hours = "", minutes = ""] = time.split(":");
  return Number(hours) * 60 + Number(minutes);
}
