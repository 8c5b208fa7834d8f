const DAYS = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
] as const;
const SHORT = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

/** A cron rule with five fields in plain words; null for one that is not simple enough for that. */
export function cronInWords(cron: string): string | null {
  const [minute = "", hour = "", day = "", month = "", weekday = "", ...more] = cron
    .trim()
    .split(/\s+/);
  if (more.length > 0 || month !== "*" || !isNumber(minute)) return null;
  const days = daysOf(day, weekday);
  if (days === null) return null;
  if (hour === "*") return `${days}, each hour at minute ${Number(minute)}`;
  const every = /^\*\/(\d{1,2})$/.exec(hour)?.[1];
  if (every !== undefined) {
    return `${days}, every ${Number(every)} hours at minute ${Number(minute)}`;
  }
  const hours = hour.split(",");
  if (!hours.every(isNumber)) return null;
  return `${days} at ${listed(hours.map((each) => `${two(each)}:${two(minute)}`))}`;
}

/** On which days; null if the two fields say more than one thing. */
function daysOf(day: string, weekday: string): string | null {
  if (day === "*" && weekday === "*") return "every day";
  if (weekday === "*") {
    const days = day.split(",");
    return days.every(isNumber) ? `on day ${listed(days)} of each month` : null;
  }
  if (day !== "*") return null;
  const names = weekday.split(",").map(weekdaysIn);
  return names.some((each) => each === null)
    ? null
    : `every ${listed([...new Set(names.map(String))])}`;
}

function weekdaysIn(part: string): string | null {
  const [from = "", to, ...more] = part.split("-");
  const [first, last] = [weekdayOf(from), to === undefined ? undefined : weekdayOf(to)];
  if (first === null || last === null || more.length > 0) return null;
  return last === undefined ? first : `${first} to ${last}`;
}

/** Sunday is 0 and 7. */
function weekdayOf(text: string): string | null {
  const number = isNumber(text)
    ? Number(text) % 7
    : SHORT.findIndex((each) => each === text.toLowerCase());
  return DAYS[number] ?? null;
}

function isNumber(text: string): boolean {
  return /^\d{1,2}$/.test(text);
}

function two(text: string): string {
  return text.padStart(2, "0");
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(texts: readonly string[], word = "and"): string {
  const last = texts.at(-1) ?? "";
  return texts.length < 2 ? last : `${texts.slice(0, -1).join(", ")} ${word} ${last}`;
}
