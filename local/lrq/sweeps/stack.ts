import { text } from "node:stream/consumers";
import { z } from "zod";
import { openAnswer } from "../api.ts";
import { addressFor } from "../app/where.ts";
import type { Around } from "../command/around.ts";
import { EXIT, type ExitCode } from "../command/exit-codes.ts";
import { UsageError } from "../command/stop.ts";
import { plain, tableLines } from "../command/table.ts";
import type { Asked, Verb } from "../command/verb.ts";
import { number, PATIENCE, ROUND, roundPath } from "./round-asked.ts";

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const stackSchema = z.object({
  by: z.array(z.string()),
  round: z.number(),
  machines: z.number(),
  rows: z.number(),
  partial: z.number().default(0),
  unreadable: z.number().default(0),
  distinct: z.object({ count: z.number(), atLeast: z.boolean() }),
  values: z.array(
    z.object({
      machines: z.number(),
      value: z.record(z.string(), cell),
      example: z.object({ machineId: z.string(), machineName: z.string().nullable() }),
    }),
  ),
});

export const LIMIT = ["--limit <number>", "how many values at most (default: 100)"] as const;

/** Columns of a bar, and the most of a name and of a value that is not the last one. */
const BAR = 10;
const NAME = 24;
const VALUE = 40;

/** `lrq sweeps stack NAME --by a,b`: the rarest values of a round. */
export const sweepStack: Verb = {
  usage: "sweeps stack <name>",
  summary: "on how many machines of a round each value is, the rarest first",
  examples: [
    ["lrq sweeps stack autostarts-windows --by signer,path", "programs that few machines start"],
    ["lrq sweeps stack ports-linux --by port --round 7", "of an earlier round"],
  ],
  options: [["--by <columns>", "the columns, with commas between them"], ROUND, LIMIT],
  about: "A machine that has a value in several rows counts once for it.",
  run: async (asked, around) => {
    const by = asked.text("by");
    if (by === null) throw new UsageError("say which columns: --by signer,path");
    return await showStack(by, asked, around);
  },
};

/** The stack as a table with a bar for each count; with `--json` as lrq sends it. */
export async function showStack(by: string, asked: Asked, around: Around): Promise<ExitCode> {
  const limit = asked.text("limit");
  const query = new URLSearchParams({
    by,
    ...(limit === null ? {} : { limit: number(limit, "--limit") }),
  });
  const path = `${roundPath(asked)}/stack?${query.toString()}`;
  const answer = await openAnswer(addressFor(asked, around), path, { timeouts: PATIENCE });
  const body: unknown = JSON.parse(await text(answer));
  if (asked.flag("json")) {
    around.sayJson(body);
    return EXIT.done;
  }
  const stack = stackSchema.parse(body);
  const most = Math.max(1, ...stack.values.map(({ machines }) => machines));
  const titles = [
    { title: "MACHINES", most: 8 },
    { title: "", most: BAR },
    { title: "FOR EXAMPLE", most: NAME },
    ...stack.by.map((name, at) => {
      return { title: name.toUpperCase(), most: at === stack.by.length - 1 ? 0 : VALUE };
    }),
  ];
  const rows = stack.values.map(({ machines, value, example }) => [
    plain(String(machines)),
    plain("#".repeat(Math.max(1, Math.round((BAR * machines) / most)))),
    plain(example.machineName ?? example.machineId),
    ...stack.by.map((name) => plain(shown(value[name]))),
  ]);
  around.show(tableLines(titles, rows, around.columns));
  const { distinct, machines, partial, unreadable } = stack;
  const more = distinct.atLeast ? " or more" : "";
  around.note(`${distinct.count}${more} values on ${machines} machines, round ${stack.round}.`);
  if (partial > 0) around.note(`Of ${partial} of them lrq has not all rows.`);
  if (unreadable > 0) around.note(`The results of ${unreadable} more could not be read.`);
  return EXIT.done;
}

function shown(value: z.infer<typeof cell> | undefined): string {
  return String(value ?? "-");
}
