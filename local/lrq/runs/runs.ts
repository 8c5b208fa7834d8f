import { z } from "zod";
import type { Tone } from "../../colours.ts";
import { lrqFor } from "../app/where.ts";
import { LIMIT, listRows } from "../command/list-rows.ts";
import { UsageError } from "../command/stop.ts";
import { plain } from "../command/table.ts";
import { distanceWords } from "../command/time-words.ts";
import type { Asked, Verb } from "../command/verb.ts";

const listed = z.looseObject({
  runId: z.string(),
  state: z.enum(["running", "finished"]),
  source: z.string(),
  incidentId: z.string(),
  title: z.string(),
  requestedAt: z.iso.datetime(),
  counts: z.looseObject({ total: z.number(), open: z.number() }),
  failures: z.record(z.string(), z.number()),
  needs: z.array(z.string()),
});
type ListedRun = z.infer<typeof listed>;
const runsSchema = z.object({ runs: z.array(listed), next: z.string().nullable() });

/** What is asked for by an option of the same name. */
const CHOICES = ["state", "source", "incident"] as const;
const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `lrq runs`: the newest runs first. */
export const runs: Verb = {
  usage: "runs",
  summary: "runs, the newest first",
  examples: [
    ["lrq runs --needs-attention", "those that want a person"],
    ["lrq runs --incident CASE-1", "every run of an incident, those of `again` too"],
    ["lrq runs --state running --since 24h", "what is open, of the last day"],
  ],
  options: [
    ["--state <state>", "only those that are running, or finished"],
    ["--source <source>", "only those of this source"],
    ["--incident <id>", "only those of this incident"],
    ["--since <time>", "only those since then: 30m, 24h, 7d, or an ISO 8601 time"],
    ["--needs-attention", "only those that want a person"],
    LIMIT,
  ],
  run: async (asked, around) => {
    const nowMs = around.nowMs();
    const list = {
      path: "runs",
      form: runsSchema,
      query: queryOf(asked, nowMs),
      rowsOf: (page: z.infer<typeof runsSchema>) => page.runs,
      titles: [
        { title: "RUN", most: 20 },
        { title: "INCIDENT", most: 22 },
        { title: "STATE", most: 9 },
        { title: "", most: 0 },
      ],
      lineOf: (run: ListedRun) => lineOf(run, nowMs),
      none: "There is no such run within your reach.",
    };
    return await listRows(lrqFor(asked, around), list, asked, around);
  },
};

function queryOf(asked: Asked, nowMs: number): Record<string, string> {
  const query: Record<string, string> = {};
  for (const name of CHOICES) {
    const value = asked.text(name);
    if (value !== null) query[name] = value;
  }
  const since = asked.text("since");
  if (since !== null) query["since"] = instantIn(since, nowMs);
  if (asked.flag("needs-attention")) query["needsAttention"] = "true";
  return query;
}

/** A time, or so long ago. */
function instantIn(text: string, nowMs: number): string {
  const [, number, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  if (unit === "m" || unit === "h" || unit === "d") {
    return new Date(nowMs - Number(number) * UNITS_MS[unit]).toISOString();
  }
  const ms = Date.parse(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(ms)) return new Date(ms).toISOString();
  throw new UsageError("--since takes 30m, 24h, 7d, or a time such as 2026-11-29T03:00:00Z");
}

function lineOf(run: ListedRun, nowMs: number) {
  const { runId, source, incidentId, state, counts, failures, needs, requestedAt, title } = run;
  const failed = Object.entries(failures).map(([code, count]) => `${count} ${code}`);
  const about = [
    ...(needs.length === 0 ? [] : [`needs: ${needs.join(", ")}`]),
    `${counts.total - counts.open} of ${counts.total} over`,
    ...failed,
    distanceWords(requestedAt, nowMs),
    title,
  ];
  const tone: Tone = needs.length > 0 ? "bad" : state === "running" ? "busy" : "plain";
  return [
    plain(runId),
    plain(`${source}:${incidentId}`),
    { tone, text: state },
    plain(about.join("; ")),
  ];
}
