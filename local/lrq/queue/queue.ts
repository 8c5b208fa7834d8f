import { z } from "zod";
import { lrqFor } from "../app/where.ts";
import { LIMIT, listRows } from "../command/list-rows.ts";
import { plain } from "../command/table.ts";
import { distanceWords } from "../command/time-words.ts";
import type { Verb } from "../command/verb.ts";

/** Of what another team has in the queue only the place is known. */
const waiting = z.looseObject({
  position: z.number().nullable(),
  lane: z.number().nullable(),
  runId: z.string().nullable(),
  source: z.string().nullable(),
  incidentId: z.string().nullable(),
  machineId: z.string().nullable(),
  machineName: z.string().nullable(),
  acceptedAt: z.string().nullable(),
  detail: z.string().nullable(),
  estimatedStart: z.string().nullable(),
});
const queueSchema = z.object({ sequences: z.array(waiting), next: z.string().nullable() });

/** `lrq queue`: what waits, in the order in which it goes. */
export const queue: Verb = {
  usage: "queue",
  summary: "what waits, in the order in which it goes",
  examples: [
    ["lrq queue", "the first 50, and why each waits"],
    ["lrq queue --limit 500 --json", "a sequence a line"],
  ],
  options: [LIMIT],
  run: async (asked, around) => {
    const listed = {
      path: "queue",
      form: queueSchema,
      query: {},
      rowsOf: ({ sequences }: z.infer<typeof queueSchema>) => sequences,
      titles: [
        { title: "#", most: 6 },
        { title: "MACHINE", most: 20 },
        { title: "INCIDENT", most: 22 },
        { title: "WAITS", most: 0 },
      ],
      lineOf: (row: z.infer<typeof waiting>) => lineOf(row, around.nowMs()),
      none: "Nothing waits.",
    };
    return await listRows(lrqFor(asked, around), listed, asked, around);
  },
};

function lineOf(row: z.infer<typeof waiting>, nowMs: number) {
  const { position, machineName, machineId, source, incidentId, detail, estimatedStart } = row;
  const start =
    estimatedStart === null ? "" : ` It may go ${distanceWords(estimatedStart, nowMs)}.`;
  return [
    plain(position === null ? "-" : String(position)),
    plain(machineName ?? machineId ?? "(another team)"),
    plain(source === null ? "" : `${source}:${incidentId}`),
    plain(`${detail ?? ""}${start}`),
  ];
}
