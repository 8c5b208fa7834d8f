import { z } from "zod";
import type { Tone } from "../../colours.ts";
import { lrqFor } from "../app/where.ts";
import { LIMIT, listRows } from "../command/list-rows.ts";
import { instantIn, SINCE } from "../command/instant-in.ts";
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
const CHOICES = ["state", "source", "incident", "machine"] as const;

/** `lrq runs`: the newest runs first. */
export const runs: Verb = {
  usage: "runs",
  summary: "runs, the newest first",
  examples: [
    ["lrq runs --needs-attention", "those that want a person"],
    ["lrq runs --incident CASE-1", "every run of an incident, those of `again` too"],
    ["lrq runs --machine pc-0002", "those that have work for a machine"],
    ["lrq runs --state running --since 24h", "what is open, of the last day"],
  ],
  options: [
    ["--state <state>", "only those that are running, or finished"],
    ["--source <source>", "only those of this source"],
    ["--incident <id>", "only those of this incident"],
    ["--machine <name>", "only those with this machine: its name, or Defender's id"],
    SINCE,
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
