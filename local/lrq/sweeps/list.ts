import { z } from "zod";
import { lrqFor } from "../app/where.ts";
import { EXIT } from "../command/exit-codes.ts";
import { plain, tableLines } from "../command/table.ts";
import { distanceWords } from "../command/time-words.ts";
import type { Verb } from "../command/verb.ts";
import { ROUND, roundPath } from "./round-asked.ts";
import { coverageWords, roundLines, roundSchema } from "./round-lines.ts";

const instant = z.iso.datetime();
const sweepSchema = z.looseObject({
  name: z.string(),
  title: z.string(),
  paused: z.boolean(),
  nextAt: instant.nullable(),
  open: z.array(z.number()),
  last: z
    .object({ round: z.number(), targeted: z.number(), reached: z.number(), short: z.boolean() })
    .nullable(),
});
const sweepsSchema = z.object({ sweeps: z.array(sweepSchema) });
type Sweep = z.infer<typeof sweepSchema>;

/** `lrq sweeps list`: every sweep, when it starts next, and what its last round reached. */
export const sweepList: Verb = {
  usage: "sweeps list",
  summary: "the sweeps, when each starts next, and what its last round reached",
  examples: [
    ["lrq sweeps list", "one a line"],
    ["lrq sweeps list --json", "as GET /api/sweeps answers"],
  ],
  run: async (asked, around) => {
    const { value, body } = await lrqFor(asked, around).get("sweeps", sweepsSchema);
    if (asked.flag("json")) {
      around.sayJson(body);
      return EXIT.done;
    }
    if (value.sweeps.length === 0) {
      around.note("There are no sweeps: lrq sweeps apply FILE.");
      return EXIT.done;
    }
    const rows = value.sweeps.map((each) => [
      plain(each.name),
      plain(nextWords(each, around.nowMs())),
      plain(lastWords(each)),
    ]);
    const titles = [
      { title: "SWEEP", most: 26 },
      { title: "NEXT", most: 16 },
      { title: "LAST ROUND", most: 0 },
    ];
    around.show(tableLines(titles, rows, around.columns));
    return EXIT.done;
  },
};

/** `lrq sweeps show NAME`: a round, and where its machines are. */
export const sweepShow: Verb = {
  usage: "sweeps show <name>",
  summary: "a round: how many machines it has reached, and where the others are",
  examples: [
    ["lrq sweeps show autostarts", "the last round"],
    ["lrq sweeps show autostarts --round 3", "an earlier one"],
  ],
  options: [ROUND],
  run: async (asked, around) => {
    const { value, body } = await lrqFor(asked, around).get(roundPath(asked), roundSchema);
    if (asked.flag("json")) around.sayJson(body);
    else around.show(roundLines(value, around));
    return EXIT.done;
  },
};

function nextWords({ paused, nextAt }: Sweep, nowMs: number): string {
  if (paused) return "paused";
  return nextAt === null ? "by hand" : distanceWords(nextAt, nowMs);
}

function lastWords({ open, last }: Sweep): string {
  const going = open.length === 0 ? "" : `round ${open.join(", ")} is open`;
  if (last === null) return going === "" ? "none yet" : going;
  const none = { waiting: 0, held: 0, sent: 0, missed: {}, leftOut: 0 };
  const words = `${coverageWords({ counts: { ...none, ...last } })}${last.short ? ", short" : ""}`;
  return going === "" ? words : `${words}; ${going}`;
}
