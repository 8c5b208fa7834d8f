import { z } from "zod";
import { RUN_WORDS, runIdNamed } from "../app/run-named.ts";
import { lrqFor } from "../app/where.ts";
import { agreed, YES } from "../command/agreed.ts";
import { EXIT } from "../command/exit-codes.ts";
import { plain, tableLines } from "../command/table.ts";
import type { Verb } from "../command/verb.ts";

const replayedSchema = z.object({ dead: z.number(), again: z.number() });
const target = z.object({ shape: z.string(), host: z.string(), events: z.array(z.string()) });
const targetsSchema = z.object({ callbacks: z.array(target) });

/** `lrq callbacks replay RUN`: sends the dead callbacks of a run again. */
export const replayCallbacks: Verb = {
  usage: "callbacks replay <run>",
  summary: "send the dead callbacks of a run again",
  examples: [
    ["lrq callbacks replay generic:CASE-1", "shows who would get them, and asks"],
    ["lrq callbacks replay generic:CASE-1 --all", "every target gets the present state, too"],
  ],
  options: [["--all", "also send every target the present state of the run once more"], YES],
  about: RUN_WORDS,
  run: async (asked, around) => {
    const runId = runIdNamed(asked.words[0] ?? "");
    const lrq = lrqFor(asked, around);
    const { callbacks } = (await lrq.get(`runs/${runId}`, targetsSchema)).value;
    if (!asked.flag("json")) {
      const rows = callbacks.map((each) => [
        plain(each.host),
        plain(each.shape),
        plain(each.events.join(", ")),
      ]);
      const titles = [
        { title: "HOST", most: 40 },
        { title: "SHAPE", most: 12 },
        { title: "EVENTS", most: 0 },
      ];
      around.show(tableLines(titles, rows, around.columns));
    }
    await agreed(asked, around, `Send callbacks of run ${runId} again?`);
    const path = `runs/${runId}/callbacks/replay${asked.flag("all") ? "?all=true" : ""}`;
    const { value, body } = await lrq.post(path, replayedSchema);
    if (asked.flag("json")) around.sayJson(body);
    else around.say(`${value.dead} dead callbacks are sent again, and ${value.again} more`);
    return EXIT.done;
  },
};
