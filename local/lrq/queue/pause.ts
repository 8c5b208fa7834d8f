import { z } from "zod";
import { lrqFor } from "../app/where.ts";
import { agreed, YES } from "../command/agreed.ts";
import { EXIT } from "../command/exit-codes.ts";
import type { Verb } from "../command/verb.ts";

const pausedSchema = z.object({ by: z.string(), reason: z.string() });
const underWaySchema = z.object({
  sessions: z.object({ ours: z.number() }).nullable(),
  waiting: z.array(z.object({ count: z.number() })).nullable(),
});

/** `lrq pause REASON`: no submission of any team leaves any more. */
export const pause: Verb = {
  usage: "pause <reason>",
  summary: "stop all submissions, of every team",
  examples: [
    ['lrq pause "change window until 04:00"', "says what it would stop, and asks"],
    ["lrq resume", "lets them go on"],
  ],
  options: [YES],
  run: async (asked, around) => {
    const lrq = lrqFor(asked, around);
    const { sessions, waiting } = (await lrq.get("status", underWaySchema)).value;
    const count = (waiting ?? []).reduce((sum, lane) => sum + lane.count, 0);
    const open = sessions?.ours ?? "an unknown number";
    around.note(`${count} sequences wait and would stay; ${open} are at Defender and go on.`);
    await agreed(asked, around, "Stop all submissions, of every team?");
    const body = JSON.stringify({ reason: asked.words[0] });
    const answer = await lrq.post("pause", pausedSchema, { body });
    if (asked.flag("json")) around.sayJson(answer.body);
    else around.say(`paused by ${answer.value.by}: ${answer.value.reason}`);
    around.note("Next: lrq resume lets submissions go on.");
    return EXIT.done;
  },
};
