import { z } from "zod";
import { lrqFor } from "../app/where.ts";
import { LIMIT, listRows } from "../command/list-rows.ts";
import { UsageError } from "../command/stop.ts";
import { plain } from "../command/table.ts";
import { distanceWords } from "../command/time-words.ts";
import type { Verb } from "../command/verb.ts";

const owed = z.looseObject({
  runId: z.string(),
  event: z.string(),
  host: z.string(),
  state: z.enum(["owed", "dead"]),
  tries: z.number(),
  lastAnswer: z.string().nullable(),
  dueAt: z.string().nullable(),
});
const callbacksSchema = z.object({ callbacks: z.array(owed), next: z.string().nullable() });

/** `lrq callbacks`: what is not delivered yet, or never will be by itself. */
export const callbacks: Verb = {
  usage: "callbacks",
  summary: "callbacks that are not delivered: dead ones first",
  examples: [
    ["lrq callbacks --state dead", "those that lrq has given up"],
    ["lrq callbacks replay RUN", "sends the dead ones of a run again"],
  ],
  options: [["--state <state>", "only those that are dead, or owed"], LIMIT],
  run: async (asked, around) => {
    const state = asked.text("state");
    if (state !== null && state !== "dead" && state !== "owed") {
      throw new UsageError("--state takes dead or owed");
    }
    const listed = {
      path: "callbacks",
      form: callbacksSchema,
      query: state === null ? {} : { state },
      rowsOf: (page: z.infer<typeof callbacksSchema>) => page.callbacks,
      titles: [
        { title: "RUN", most: 20 },
        { title: "EVENT", most: 16 },
        { title: "HOST", most: 20 },
        { title: "", most: 0 },
      ],
      lineOf: (row: z.infer<typeof owed>) => lineOf(row, around.nowMs()),
      none: "Every callback is delivered.",
    };
    return await listRows(lrqFor(asked, around), listed, asked, around);
  },
};

function lineOf({ runId, event, host, ...of }: z.infer<typeof owed>, nowMs: number) {
  const { state, tries, lastAnswer, dueAt } = of;
  const next = dueAt === null ? "" : `, next ${distanceWords(dueAt, nowMs)}`;
  const words = `${state} after ${tries} tries${next}: ${lastAnswer ?? "no answer yet"}`;
  return [plain(runId), plain(event), plain(host), plain(words)];
}
