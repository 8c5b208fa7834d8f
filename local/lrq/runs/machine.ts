import { z } from "zod";
import type { Tone } from "../../colours.ts";
import { lrqFor } from "../app/where.ts";
import { instantIn, SINCE } from "../command/instant-in.ts";
import { LIMIT, listRows } from "../command/list-rows.ts";
import { plain } from "../command/table.ts";
import { instantWords } from "../command/time-words.ts";
import type { Verb } from "../command/verb.ts";

const sent = z.looseObject({
  runId: z.string(),
  source: z.string(),
  incidentId: z.string(),
  sequenceId: z.string(),
  requestedBy: z.string(),
  profile: z.object({ name: z.string(), version: z.number() }),
  state: z.string(),
  acceptedAt: z.iso.datetime(),
  submittedAt: z.string().nullable(),
  outcome: z.object({ detail: z.string() }).nullable(),
  waits: z.object({ detail: z.string() }).nullable(),
  nextStep: z.object({ step: z.string(), needsPerson: z.boolean() }).nullable(),
});
type Sent = z.infer<typeof sent>;

/** GET machines/{idOrName}/sequences. */
export const machineSchema = z.object({
  machine: z.object({ machineId: z.string(), machineName: z.string().nullable() }),
  sequences: z.array(sent),
  next: z.string().nullable(),
});

/** `lrq machine NAME`: what waits for a machine, and what it was sent. */
export const machine: Verb = {
  usage: "machine <name>",
  summary: "what waits for a machine, and what it was sent",
  examples: [
    ["lrq machine pc-0002", "the newest first, with how each ended"],
    ["lrq machine pc-0002 --since 7d", "the last week"],
  ],
  options: [SINCE, LIMIT],
  about:
    "NAME is the name of the machine, its first part, or Defender's id. lrq evidence --machine NAME " +
    "has what was collected from it.",
  run: async (asked, around) => {
    const since = asked.text("since");
    const query: Record<string, string> =
      since === null ? {} : { since: instantIn(since, around.nowMs()) };
    const listed = {
      path: `machines/${encodeURIComponent(asked.words[0] ?? "")}/sequences`,
      form: machineSchema,
      query,
      rowsOf: ({ sequences }: z.infer<typeof machineSchema>) => sequences,
      titles: [
        { title: "ACCEPTED", most: 20 },
        { title: "INCIDENT", most: 22 },
        { title: "STATE", most: 10 },
        { title: "", most: 0 },
      ],
      lineOf,
      none: "Nothing was sent to it since then.",
    };
    return await listRows(lrqFor(asked, around), listed, asked, around);
  },
};

const TONES: Readonly<Record<string, Tone>> = {
  waiting: "waiting",
  claimed: "busy",
  unconfirmed: "busy",
  submitted: "busy",
  succeeded: "good",
  cancelled: "plain",
};

function lineOf({ source, incidentId, profile, state, waits, outcome, ...about }: Sent) {
  const { acceptedAt, requestedBy, nextStep } = about;
  const step = nextStep?.needsPerson === true ? [nextStep.step] : [];
  const said = [waits?.detail ?? outcome?.detail ?? "", ...step].filter((text) => text !== "");
  const what = `${profile.name} ${profile.version}, by ${requestedBy}`;
  return [
    plain(instantWords(acceptedAt)),
    plain(`${source}:${incidentId}`),
    { tone: TONES[state] ?? "bad", text: state },
    plain([what, ...said].join(". ")),
  ];
}
