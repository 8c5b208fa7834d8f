import { z } from "zod";
import { RUN_WORDS, runIdNamed } from "../app/run-named.ts";
import { lrqFor } from "../app/where.ts";
import { EXIT } from "../command/exit-codes.ts";
import type { Verb } from "../command/verb.ts";

/** `lrq resume` lets the queue go on, `lrq resume RUN` a run that paused itself. */
export const resume: Verb = {
  usage: "resume [run]",
  summary: "let submissions go on, or a run that paused itself",
  examples: [
    ["lrq resume", "ends the pause of the queue"],
    ["lrq resume generic:CASE-1", "lets this run go on after its failures"],
  ],
  about: RUN_WORDS,
  run: async (asked, around) => {
    const [named = null] = asked.words;
    const lrq = lrqFor(asked, around);
    if (named === null) {
      const { value, body } = await lrq.post("resume", z.object({ by: z.string() }));
      if (asked.flag("json")) around.sayJson(body);
      else around.say(`resumed by ${value.by}`);
      return EXIT.done;
    }
    const runId = runIdNamed(named);
    const answer = await lrq.post(`runs/${runId}/resume`, z.object({ resumed: z.boolean() }));
    if (asked.flag("json")) around.sayJson(answer.body);
    else if (answer.value.resumed) around.say(`run ${runId} goes on`);
    else around.say(`run ${runId} did not wait for this`);
    return EXIT.done;
  },
};
