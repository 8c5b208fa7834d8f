import { z } from "zod";
import type { Line } from "../../columns.ts";
import { lrqFor } from "../app/where.ts";
import { EXIT } from "../command/exit-codes.ts";
import { factLines } from "../command/table.ts";
import { distanceWords } from "../command/time-words.ts";
import type { Verb } from "../command/verb.ts";

const instant = z.iso.datetime().nullable();
const item = z.looseObject({
  code: z.string(),
  detail: z.string(),
  nextStep: z.object({ step: z.string() }).nullable(),
  since: instant,
  until: instant,
  count: z.number().nullable(),
  runId: z.string().nullable(),
  source: z.string().nullable(),
  incidentId: z.string().nullable(),
  machineId: z.string().nullable(),
  machineName: z.string().nullable(),
});
type Item = z.infer<typeof item>;
const attentionSchema = z.object({ items: z.array(item) });

/** `lrq attention`: what wants a person, and what that person can do. */
export const attention: Verb = {
  usage: "attention",
  summary: "what wants a person, the most urgent first, and what to do",
  examples: [
    ["lrq attention", "each with its next step"],
    ["lrq attention --json", "all that GET /api/attention answers"],
  ],
  run: async (asked, around) => {
    const { value, body } = await lrqFor(asked, around).get("attention", attentionSchema);
    if (asked.flag("json")) around.sayJson(body);
    else if (value.items.length === 0) around.note("Nothing wants a person.");
    else around.show(value.items.flatMap((each) => itemLines(each, around)));
    return EXIT.done;
  },
};

function itemLines(
  { code, detail, nextStep, since, until, count, ...about }: Item,
  { columns, nowMs }: { readonly columns: number; readonly nowMs: () => number },
): Line[] {
  const run = about.runId === null ? [] : [`${about.source}:${about.incidentId} (${about.runId})`];
  const times = [
    ...(since === null ? [] : [distanceWords(since, nowMs())]),
    ...(until === null ? [] : [`ends ${distanceWords(until, nowMs())}`]),
  ];
  const { machineId, machineName } = about;
  const machine = machineId === null ? [] : [`last on ${machineName ?? "a machine"} ${machineId}`];
  const where = [...run, ...machine, ...times].join(", ");
  const title = count === null || count === 1 ? code : `${code}, ${count} times`;
  return [
    [{ tone: "bad", text: title }],
    ...(detail === "" ? [] : factLines("", detail, { columns })),
    ...(where === "" ? [] : factLines("where", where, { columns, tone: "faint" })),
    ...(nextStep === null ? [] : factLines("to do", nextStep.step, { columns, tone: "busy" })),
  ];
}
