import { z } from "zod";
import { isOpen, machineOf } from "../app/run.ts";
import { RUN_WORDS } from "../app/run-named.ts";
import { sequenceNamed } from "../app/sequence-named.ts";
import { lrqFor } from "../app/where.ts";
import { agreed, YES } from "../command/agreed.ts";
import { EXIT } from "../command/exit-codes.ts";
import type { Verb } from "../command/verb.ts";

const retriedSchema = z.object({ runId: z.string(), sequenceId: z.string() });

/** `lrq retry RUN --machine M`: the same commands again, in the same run. */
export const retry: Verb = {
  usage: "retry <run>",
  summary: "run one machine again that ended without success",
  examples: [
    ["lrq retry generic:CASE-1 --machine pc-0002", "shows what ran and how it ended, and asks"],
    ["lrq retry SEQUENCE", "the same, by the id that lrq show --json has"],
  ],
  options: [["--machine <name>", "the machine of the run: its name, or Defender's id"], YES],
  about: `${RUN_WORDS} The first try stays as it is, with its evidence. The key needs the right again.`,
  run: async (asked, around) => {
    const lrq = lrqFor(asked, around);
    const [text = ""] = asked.words;
    const sequence = await sequenceNamed(lrq, {
      text,
      machine: asked.text("machine"),
      fits: (each) => !isOpen(each) && (each.retriedBy ?? null) === null,
    });
    const { profile, state, outcome, sequenceId } = sequence;
    const ended = outcome === null ? state : `${state} (${outcome.code}: ${outcome.detail})`;
    const what = `${profile.name} ${profile.version} on ${machineOf(sequence)}`;
    around.note(`${what} ended ${ended}. It would run again.`);
    await agreed(asked, around, "Run it again?");
    const { value, body } = await lrq.post(`sequences/${sequenceId}/retry`, retriedSchema);
    if (asked.flag("json")) around.sayJson(body);
    else around.say(`sequence ${value.sequenceId} of run ${value.runId} runs it again`);
    around.note(`Next: lrq watch ${value.runId}`);
    return EXIT.done;
  },
};
