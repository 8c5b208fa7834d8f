import { z } from "zod";
import { lrqFor } from "../app/where.ts";
import { instantIn } from "../command/instant-in.ts";
import { LIMIT, listRows } from "../command/list-rows.ts";
import { plain } from "../command/table.ts";
import { distanceWords } from "../command/time-words.ts";
import type { Verb } from "../command/verb.ts";
import { sweepPath } from "./round-asked.ts";

const instant = z.iso.datetime();
const coverageSchema = z.object({
  machines: z.array(
    z.looseObject({
      machineId: z.string(),
      machineName: z.string().nullable(),
      reached: z.object({ round: z.number(), at: instant }).nullable(),
      last: z.looseObject({
        round: z.number(),
        state: z.string(),
        detail: z.string().nullable(),
      }),
    }),
  ),
  next: z.string().nullable(),
});

/** `lrq sweeps coverage NAME`: when each machine was reached last, and why not since. */
export const sweepCoverage: Verb = {
  usage: "sweeps coverage <name>",
  summary: "when each machine of a sweep was reached last, and why not since",
  examples: [
    ["lrq sweeps coverage autostarts", "all machines that it has sent"],
    ["lrq sweeps coverage autostarts --not-since 7d", "those not reached in the last seven days"],
  ],
  about: "What an open round has still to send is not here: lrq sweeps show NAME counts it.",
  options: [["--not-since <when>", "only those not reached since: 7d, 12h, or a time"], LIMIT],
  run: async (asked, around) => {
    const [name = ""] = asked.words;
    const nowMs = around.nowMs();
    const notSince = asked.text("not-since");
    const query = notSince === null ? {} : { notSince: instantIn(notSince, nowMs) };
    return await listRows(
      lrqFor(asked, around),
      {
        path: `${sweepPath(name)}/coverage`,
        form: coverageSchema,
        query,
        rowsOf: ({ machines }) => machines,
        titles: [
          { title: "MACHINE", most: 32 },
          { title: "REACHED", most: 16 },
          { title: "LAST ROUND", most: 0 },
        ],
        lineOf: ({ machineId, machineName, reached, last }) => [
          plain(machineName ?? machineId),
          plain(reached === null ? "never" : distanceWords(reached.at, nowMs)),
          plain([`${last.round} ${last.state}`, ...(last.detail ?? "").split("\n", 1)].join(" ")),
        ],
        none: "There is no such machine among those that the sweep has sent.",
      },
      asked,
      around,
    );
  },
};
