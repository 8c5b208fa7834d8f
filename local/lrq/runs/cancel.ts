import { z } from "zod";
import { isSequenceId } from "../../../shared/plan/identity.ts";
import type { Lrq } from "../app/lrq.ts";
import { isOpen, machineOf, runSchema, type Sequence } from "../app/run.ts";
import { RUN_WORDS, runIdNamed } from "../app/run-named.ts";
import { sequenceNamed } from "../app/sequence-named.ts";
import { lrqFor } from "../app/where.ts";
import { agreed, YES } from "../command/agreed.ts";
import type { Around } from "../command/around.ts";
import { EXIT, type ExitCode } from "../command/exit-codes.ts";
import { UsageError } from "../command/stop.ts";
import { plain, tableLines } from "../command/table.ts";
import type { Asked, Verb } from "../command/verb.ts";

const countsSchema = z.object({
  runs: z.number().optional(),
  ended: z.number(),
  asked: z.number(),
  alreadyOver: z.number(),
  setAside: z.number(),
});
type Counts = z.infer<typeof countsSchema>;

/** `lrq cancel RUN`, or `--all`: shows what it would end, asks, and ends it. */
export const cancel: Verb = {
  usage: "cancel [run]",
  summary: "end the work of a run, or of everything that is open",
  examples: [
    ["lrq cancel generic:CASE-1", "shows the machines that it would end, and asks"],
    ["lrq cancel generic:CASE-1 --machine pc-2", "one machine of the run"],
    ["lrq cancel --all", "everything within reach"],
  ],
  options: [
    ["--machine <name>", "only this machine of the run: its name, or Defender's id"],
    ["--all", "every run that is not over and within your reach"],
    YES,
  ],
  about: `${RUN_WORDS} The id of a sequence may be there, too. lrq pause first stops new work.`,
  run: async (asked, around) => {
    const [named = null] = asked.words;
    if ((named === null) !== asked.flag("all")) throw new UsageError("name a run, or give --all");
    const lrq = lrqFor(asked, around);
    if (named === null) return await cancelAt(lrq, "cancel", asked, around);
    const machine = asked.text("machine");
    if (machine === null && !isSequenceId(named)) {
      const runId = runIdNamed(named);
      const { value: run } = await lrq.get(`runs/${runId}`, runSchema);
      showOpen(run.sequences.filter(isOpen), asked, around);
      return await cancelAt(lrq, `runs/${runId}/cancel`, asked, around);
    }
    const sequence = await sequenceNamed(lrq, { text: named, machine, fits: isOpen });
    showOpen([sequence], asked, around);
    return await cancelAt(lrq, `sequences/${sequence.sequenceId}/cancel`, asked, around);
  },
};

async function cancelAt(lrq: Lrq, path: string, asked: Asked, around: Around): Promise<ExitCode> {
  const { value: would } = await lrq.post(`${path}?preview=true`, countsSchema);
  if (!asked.flag("json")) around.say(`It would end: ${wordsOf(would)}`);
  await agreed(asked, around, "Cancel this?");
  const { value, body } = await lrq.post(path, countsSchema);
  if (asked.flag("json")) around.sayJson(body);
  else around.say(`Cancelled: ${wordsOf(value)}`);
  return EXIT.done;
}

/** The machines whose work would end. */
function showOpen(open: readonly Sequence[], asked: Asked, { show, columns }: Around): void {
  if (open.length === 0 || asked.flag("json")) return;
  const rows = open.map((each) => [
    plain(machineOf(each)),
    plain(each.state),
    plain(`${each.profile.name} ${each.profile.version}`),
  ]);
  const titles = [
    { title: "MACHINE", most: 40 },
    { title: "STATE", most: 12 },
    { title: "PROFILE", most: 0 },
  ];
  show(tableLines(titles, rows, columns));
}

function wordsOf({ runs, ended, asked, alreadyOver, setAside }: Counts): string {
  return [
    ...(runs === undefined ? [] : [`${runs} runs`]),
    `${ended} that wait`,
    `${asked} at Defender`,
    `${alreadyOver} are over already`,
    ...(setAside === 0 ? [] : [`${setAside} rows cannot be read and stay`]),
  ].join(", ");
}
