import { Cron } from "croner";
import { parseTimeSpanMs } from "./host-settings.ts";

/** When a timer fires. */
export interface Schedule {
  /**
   * The first occurrence after an instant, both in epoch milliseconds; null when there is none ever
   * after.
   */
  nextAfterMs(instantMs: number): number | null;
}

export type ScheduleReading =
  | { readonly kind: "schedule"; readonly schedule: Schedule }
  | { readonly kind: "invalid"; readonly problem: string };

interface Field {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  /**
   * Names of the values from `min` on; NCrontab knows them by any prefix that fits only one of
   * them.
   */
  readonly names: readonly string[];
}

const MONTHS =
  "january february march april may june july august september october november december";
const DAYS = "sunday monday tuesday wednesday thursday friday saturday";
const FIELDS: readonly Field[] = [
  { label: "seconds", min: 0, max: 59, names: [] },
  { label: "minutes", min: 0, max: 59, names: [] },
  { label: "hours", min: 0, max: 23, names: [] },
  { label: "days", min: 1, max: 31, names: [] },
  { label: "months", min: 1, max: 12, names: MONTHS.split(" ") },
  { label: "days of the week", min: 0, max: 6, names: DAYS.split(" ") },
];

/**
 * Reads a timer schedule: NCRONTAB with seconds (6 fields) or without (5 fields, second 0), in UTC,
 * days of the month and of the week both having to fit; or a time span between runs such as
 * `00:10:00`.
 */
export function readSchedule(text: string): ScheduleReading {
  const everyMs = parseTimeSpanMs(text);
  if (everyMs !== null) return readInterval(text, everyMs);
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) {
    return invalid(text, `has ${fields.length} fields where NCRONTAB has 5 or 6`);
  }
  const withSeconds = fields.length === 5 ? ["0", ...fields] : fields;
  const plain: string[] = [];
  for (const [index, field] of FIELDS.entries()) {
    const reading = readField(withSeconds[index] ?? "", field);
    if (reading.kind === "invalid") return invalid(text, `${field.label}: ${reading.problem}`);
    plain.push(reading.text);
  }
  const cron = new Cron(plain.join(" "), {
    mode: "6-part",
    domAndDow: true,
    timezone: "UTC",
    paused: true,
  });
  const schedule = {
    nextAfterMs: (instantMs: number) => cron.nextRun(new Date(instantMs))?.getTime() ?? null,
  };
  return { kind: "schedule", schedule };
}

function readInterval(text: string, everyMs: number): ScheduleReading {
  if (everyMs <= 0) return invalid(text, "is no time between two runs");
  const schedule = { nextAfterMs: (instantMs: number) => instantMs + everyMs };
  return { kind: "schedule", schedule };
}

function invalid(text: string, why: string): ScheduleReading {
  return { kind: "invalid", problem: `schedule "${text}" ${why}` };
}

type FieldReading =
  | { readonly kind: "field"; readonly text: string }
  | { readonly kind: "invalid"; readonly problem: string };

/** One field in NCrontab's grammar: a list of `*`, value or range, each with an optional step. */
function readField(text: string, field: Field): FieldReading {
  const parts: string[] = [];
  for (const part of text.split(",")) {
    const match = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part);
    if (match === null)
      return { kind: "invalid", problem: `"${part}" is not a value, range or step` };
    const [, star, first = "", last, step] = match;
    if (step !== undefined && Number(step) < 1) {
      return { kind: "invalid", problem: `"${part}" steps by nothing` };
    }
    const stride = step === undefined ? "" : `/${Number(step)}`;
    if (star !== undefined) {
      parts.push(`*${stride}`);
      continue;
    }
    const from = valueOf(first, field);
    const to = last === undefined ? null : valueOf(last, field);
    if (from === null || (last !== undefined && to === null)) {
      return { kind: "invalid", problem: `"${part}" is not within ${field.min} to ${field.max}` };
    }
    parts.push(rangeText(from, to ?? (stride === "" ? from : field.max)) + stride);
  }
  return { kind: "field", text: parts.join(",") };
}

/** NCrontab takes a range whose ends are swapped, and `5/15` as "from 5 to the end, every 15". */
function rangeText(from: number, to: number): string {
  return from === to ? String(from) : `${Math.min(from, to)}-${Math.max(from, to)}`;
}

function valueOf(text: string, field: Field): number | null {
  if (/^\d+$/.test(text)) {
    const value = Number(text);
    return value >= field.min && value <= field.max ? value : null;
  }
  const wanted = text.toLowerCase();
  const index = field.names.findIndex((name) => name.startsWith(wanted));
  return index < 0 ? null : field.min + index;
}
