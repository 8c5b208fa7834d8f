import { alarmsOf } from "../infra/alarms/rules.ts";
import { compiled } from "../infra/kusto/query.ts";
import { SNAPSHOTS } from "../infra/snapshot.ts";

/** The alarms as they are deployed, run over the log of a host that lives faster than Azure. */
export interface AlarmLog {
  /** Real times at which the alarm was raised, of all times up to the newest line of the log. */
  raisedAt(alarm: string): readonly number[];
  /** Whether it is raised so many minutes after the newest line with this event. */
  isRaised(alarm: string, minutes: number, event: string): boolean;
}

/** A row of the table `AppTraces`. */
type Trace = Readonly<{ TimeGenerated: Date; Message: string; SeverityLevel: number }>;

/** As the host writes them; lines of stacks have no time. */
const LINE = /^(\S+Z) (\w+) \S+ (.*)$/;
const LEVELS: Readonly<Record<string, number>> = { information: 1, warning: 2, error: 3 };
const MINUTE_MS = 60_000;

const RULES = alarmsOf(SNAPSHOTS.full);
/** The names of all alarms. */
export const ALARMS: readonly string[] = RULES.map(({ name }) => name);

/** Azure looks every few minutes; this looks every minute. `log` may still grow. */
export function alarmLog(log: readonly string[], speed: number): AlarmLog {
  const queries = new Map(RULES.map(({ name, query }) => [name, compiled(query)]));
  const seen = new Map<string, { untilMs: number; raised: number[] }>();
  const traces = slowedTraces(log, speed);
  const isRaisedAt = (alarm: string, nowMs: number): boolean => {
    const windowMs = RULES.find(({ name }) => name === alarm)?.windowMs ?? Number.NaN;
    const within = traces.rows().filter(({ TimeGenerated }) => {
      const atMs = TimeGenerated.getTime();
      return atMs > nowMs - windowMs && atMs <= nowMs;
    });
    const query = queries.get(alarm);
    if (query === undefined) throw new Error(`there is no alarm ${alarm}`);
    return query({ tables: { AppTraces: within }, nowMs }).length > 0;
  };
  return {
    raisedAt: (alarm) => {
      const rows = traces.rows();
      const firstMs = rows[0]?.TimeGenerated.getTime() ?? Number.NaN;
      const newestMs = rows.at(-1)?.TimeGenerated.getTime() ?? Number.NaN;
      const state = seen.get(alarm) ?? { untilMs: firstMs, raised: [] };
      if (rows.length > 0) seen.set(alarm, state);
      while (state.untilMs + MINUTE_MS <= newestMs) {
        state.untilMs += MINUTE_MS;
        const realMs = firstMs + (state.untilMs - firstMs) / speed;
        if (isRaisedAt(alarm, state.untilMs)) state.raised.push(realMs);
      }
      return state.raised;
    },
    isRaised: (alarm, minutes, event) => {
      const begin = `{"event":"${event}"`;
      const last = traces.rows().findLast(({ Message }) => Message.startsWith(begin));
      if (last === undefined) throw new Error(`there is no line ${event}`);
      return isRaisedAt(alarm, last.TimeGenerated.getTime() + minutes * MINUTE_MS);
    },
  };
}

/**
 * The log as the workspace would have it if it were not `speed` times too fast: times, and seconds
 * in lines about the queue, are so many times as long. Nothing else is changed.
 */
function slowedTraces(log: readonly string[], speed: number): { rows(): readonly Trace[] } {
  const rows: Trace[] = [];
  let read = 0;
  let startMs: number | null = null;
  return {
    rows: () => {
      for (; read < log.length; read += 1) {
        const [, at, level = "", text = ""] = LINE.exec(log[read] ?? "") ?? [];
        if (at === undefined) continue;
        startMs ??= Date.parse(at);
        const TimeGenerated = new Date(startMs + (Date.parse(at) - startMs) * speed);
        const Message = withSeconds(text, speed);
        rows.push({ TimeGenerated, Message, SeverityLevel: LEVELS[level] ?? 0 });
      }
      return rows;
    },
  };
}

function withSeconds(text: string, speed: number): string {
  if (!text.startsWith('{"event":"queueState"')) return text;
  return text.replaceAll(
    /("\w+Seconds":)(\d+)/g,
    (_, name: string, seconds: string) => name + String(Number(seconds) * speed),
  );
}
