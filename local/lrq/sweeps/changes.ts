import { z } from "zod";
import { addressFor } from "../app/where.ts";
import type { Around } from "../command/around.ts";
import { EXIT } from "../command/exit-codes.ts";
import { Stop } from "../command/stop.ts";
import type { Verb } from "../command/verb.ts";
import { parsed } from "../parsed-json.ts";
import { linesOf, number, ROUND, roundPath } from "./round-asked.ts";

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const changeSchema = z.object({
  change: z.enum(["new", "gone"]),
  row: z
    .object({
      machineId: z.string(),
      machineName: z.string().nullable(),
      collectedAt: z.string(),
    })
    .catchall(cell),
});
const endSchema = z.object({
  machines: z.object({
    both: z.number(),
    onlyInRound: z.number(),
    onlyInAgainst: z.number(),
    notComparable: z.number(),
    partial: z.number().default(0),
  }),
});

/** `lrq sweeps changes NAME`: what is new in a round, and what is gone. */
export const sweepChanges: Verb = {
  usage: "sweeps changes <name>",
  summary: "what is new in a round, and what is gone since another one",
  examples: [
    ["lrq sweeps changes autostarts-windows", "of the last round, since the one before it"],
    ["lrq sweeps changes autostarts-windows --against 3", "since round 3"],
    ["lrq sweeps changes autostarts-windows --json", "a change a line"],
  ],
  options: [ROUND, ["--against <number>", "the other round (default: the one before)"]],
  about: "Only machines that gave rows in both rounds are compared.",
  run: async (asked, around) => {
    const against = asked.text("against");
    const query = against === null ? "" : `?against=${number(against, "--against")}`;
    const path = `${roundPath(asked)}/changes${query}`;
    let isWhole = false;
    for await (const line of linesOf(addressFor(asked, around), path)) {
      const change = parsed(line, changeSchema);
      const end = change === null ? parsed(line, endSchema) : null;
      if (change !== null && asked.flag("json")) around.sayJson(change);
      else if (change !== null) around.show([lineOf(change)]);
      if (end === null) continue;
      isWhole = true;
      tell(end, around);
    }
    if (isWhole) return EXIT.done;
    throw new Stop(EXIT.unreachable, "lrq broke off its answer.", { againAfterMs: 0 });
  },
};

function lineOf({ change, row }: z.infer<typeof changeSchema>) {
  const { machineId, machineName, collectedAt: _, ...cells } = row;
  const words = Object.entries(cells).map(([name, value]) => `${name}=${value ?? "-"}`);
  const isNew = change === "new";
  return [
    { tone: isNew ? ("good" as const) : ("faint" as const), text: isNew ? "+ " : "- " },
    { tone: "plain" as const, text: `${machineName ?? machineId}  ${words.join("  ")}` },
  ];
}

function tell({ machines }: z.infer<typeof endSchema>, around: Around): void {
  const { both, onlyInRound, onlyInAgainst, notComparable, partial } = machines;
  around.note(
    `${both} machines are in both rounds; ${onlyInRound} only in this one, ` +
      `${onlyInAgainst} only in the other one.`,
  );
  if (notComparable > 0) {
    around.note(
      `${notComparable} of both were not compared: a result could not be read, ` +
        "or has not the key columns.",
    );
  }
  if (partial > 0) {
    around.note(`Of ${partial} of both lrq has not all rows: what these lack counts as no change.`);
  }
}
