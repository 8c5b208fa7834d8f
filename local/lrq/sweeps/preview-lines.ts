import { z } from "zod";
import type { Line } from "../../columns.ts";
import type { Around } from "../command/around.ts";
import { factLines } from "../command/table.ts";
import { distanceWords, durationWords } from "../command/time-words.ts";
import { queryAnswer, queryWords } from "./round-lines.ts";

/** What a round would do now, as far as the commands show it; an older app says less. */
export const previewSchema = z.looseObject({
  machines: z.number(),
  platforms: z.record(z.string(), z.number()),
  asked: z.number().nullable().default(null),
  recent: z.number().default(0),
  leftOut: z.number(),
  beyondLimit: z.number().default(0),
  awake: z.number(),
  needApproval: z.number(),
  calls: z.number(),
  sessions: z.number(),
  opensAt: z.iso.datetime().nullable().default(null),
  estimatedMinutes: z.number(),
  expiresFirst: z.boolean().default(false),
  query: queryAnswer,
  looked: z.number().nullable().default(null),
  complete: z.boolean(),
  why: z.object({ code: z.string(), detail: z.string() }).nullable().default(null),
});
type Preview = z.infer<typeof previewSchema>;

const MINUTE_MS = 60_000;

/** A preview as facts, and what stands in the way of reaching all. */
export function previewLines(preview: Preview, around: Pick<Around, "columns" | "nowMs">): Line[] {
  const { columns } = around;
  const { machines, query, awake, needApproval, calls, sessions, opensAt } = preview;
  const least = preview.complete ? "" : "at least ";
  const platforms = Object.entries(preview.platforms).map(([name, count]) => `${count} ${name}`);
  const opens = opensAt === null ? null : distanceWords(opensAt, around.nowMs());
  const most = `at most ${sessions} sessions at once`;
  return [
    ...factLines("machines", `${least}${machines}: ${platforms.join(", ")}`, { columns }),
    ...(preview.complete ? [] : factLines("not all", cutWords(preview), { columns, tone: "busy" })),
    ...(query === null ? [] : factLines("query", queryWords(query), { columns })),
    ...factLines("asked", askedWords(preview), { columns }),
    ...factLines("now", `${awake} have reported lately; the others are held`, { columns }),
    ...(needApproval === 0 ? [] : factLines("approval", `${needApproval} need one`, { columns })),
    ...factLines("costs", `${least}${calls} calls, ${most}`, { columns }),
    ...(opens === null ? [] : factLines("window", `opens ${opens}, and not before`, { columns })),
    ...takesLines(preview, columns),
  ];
}

function takesLines({ complete, estimatedMinutes, expiresFirst }: Preview, columns: number) {
  const least = complete ? "" : "at least ";
  const takes = `${least}about ${durationWords(estimatedMinutes * MINUTE_MS)}`;
  const short = "; the round expires before that, and does not reach all";
  return factLines("takes", `${takes}${expiresFirst ? short : ""}`, {
    columns,
    tone: expiresFirst ? "busy" : "plain",
  });
}

function askedWords({ asked, machines, recent, leftOut, beyondLimit }: Preview): string {
  const others = [
    recent === 0 ? "" : `; ${recent} were reached lately`,
    leftOut === 0 ? "" : `; ${leftOut} are left out by SCOPE or for lack of a profile`,
    beyondLimit === 0 ? "" : `; ${beyondLimit} are beyond the limit`,
  ];
  return `${asked ?? machines}${others.join("")}`;
}

function cutWords({ looked, why }: Preview): string {
  const seen = looked === null ? "not all machines were" : `only ${looked} machines were`;
  return `${seen} looked at${why === null ? "" : `: ${why.detail}`}`;
}
