import { z } from "zod";
import type { Line } from "../../columns.ts";
import type { Around } from "../command/around.ts";
import { factLines, plain } from "../command/table.ts";
import { distanceWords } from "../command/time-words.ts";

const instant = z.iso.datetime();

/** What a query came to; an older app does not say it. */
export const queryAnswer = z
  .object({ named: z.number(), odd: z.number(), notListed: z.number().nullable() })
  .nullable()
  .default(null);

/** What a query came to, in words. */
export function queryWords({ named, odd, notListed }: NonNullable<Round["query"]>): string {
  const missing = notListed === null ? "not all looked at" : `${notListed} not in Defender's list`;
  return `names ${named} machines, ${missing}; ${odd} rows name none`;
}

/** A round, as far as the commands show it. */
export const roundSchema = z.looseObject({
  sweep: z.string(),
  round: z.number(),
  state: z.string(),
  startedAt: instant,
  expiresAt: instant,
  endedAt: instant.nullable(),
  why: z.object({ code: z.string(), detail: z.string() }).nullable(),
  query: queryAnswer,
  counts: z.object({
    targeted: z.number(),
    waiting: z.number(),
    held: z.number(),
    sent: z.number(),
    reached: z.number(),
    missed: z.record(z.string(), z.number()),
    leftOut: z.number().default(0),
  }),
});
export type Round = z.infer<typeof roundSchema>;

const BAR = 20;

/** How much of a round was reached, of all but those that it left out, as a bar and in numbers. */
export function coverageWords({ counts }: Pick<Round, "counts">): string {
  const { targeted, leftOut, reached } = counts;
  const asked = targeted - leftOut;
  const filled = asked === 0 ? 0 : Math.round((BAR * reached) / asked);
  return `[${"#".repeat(filled)}${".".repeat(BAR - filled)}] ${reached} of ${asked}`;
}

/** A round with the places of its machines, which sum to all of them. */
export function roundLines(round: Round, around: Around): Line[] {
  const { waiting, held, sent, missed } = round.counts;
  const { columns } = around;
  const open = [`${waiting} wait`, `${held} have not reported lately`, `${sent} under way`];
  const others = Object.entries(missed).map(([how, count]) => `${count} ${how}`);
  const began = distanceWords(round.startedAt, around.nowMs());
  const until =
    round.endedAt === null
      ? `expires ${distanceWords(round.expiresAt, around.nowMs())}`
      : `ended ${distanceWords(round.endedAt, around.nowMs())}`;
  return [
    [plain(`round ${round.round} of ${round.sweep}: ${round.state}`)],
    ...factLines("times", `began ${began}, ${until}`, { columns }),
    ...factLines("reached", coverageWords(round), { columns, tone: "good" }),
    ...factLines("others", [...open, ...others].join(", "), { columns }),
    ...(round.query === null ? [] : factLines("query", queryWords(round.query), { columns })),
    ...(round.why === null ? [] : factLines("why", round.why.detail, { columns, tone: "busy" })),
  ];
}
