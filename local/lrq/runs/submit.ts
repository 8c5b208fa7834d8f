import { readFileSync } from "node:fs";
import { z } from "zod";
import { type Lrq } from "../app/lrq.ts";
import { neverLeft } from "../app/silence.ts";
import { lrqFor } from "../app/where.ts";
import type { Around } from "../command/around.ts";
import { EXIT } from "../command/exit-codes.ts";
import { Stop } from "../command/stop.ts";
import { factLines, plain, tableLines } from "../command/table.ts";
import type { Verb } from "../command/verb.ts";
import { dryRun } from "./dry-run.ts";
import { requestOf, type SubmitRequest } from "./submit-request.ts";
import { WATCH_OPTIONS, watchingOf } from "./watch.ts";
import { watchRun } from "./watch-run.ts";

const acceptedSchema = z.object({
  runId: z.string(),
  status: z.string(),
  sequences: z.array(
    z.object({ machineId: z.string(), machineName: z.string().nullable(), state: z.string() }),
  ),
  skipped: z.array(z.object({ machine: z.string(), reason: z.string() })),
});
type Accepted = z.infer<typeof acceptedSchema>;

/** Pauses before a request is sent again whose answer was lost. */
const AGAIN_AFTER_MS = [1_000, 5_000] as const;

/** `lrq submit`: sends an incident, and says which run it is. */
export const submit: Verb = {
  usage: "submit [file]",
  summary: "send an incident: from a file, from stdin (-), or from options",
  examples: [
    ["lrq submit incident.json", "a body in our own form (generic)"],
    ["lrq submit alert.json --source defender", "a body as that sender makes it"],
    ["lrq submit --incident CASE-1 --machine pc-0002", "one machine, by name or id"],
    ["lrq submit --incident CASE-1 --machine pc-0002 --dry-run", "what it would do, and no more"],
    ["lrq submit --incident CASE-1 --machine pc-0002 --wait", "and watch it"],
    [
      "lrq submit --incident CASE-1 --machine pc-0002 --profile collect-file --param path=/etc/hosts",
      "with a profile and its parameters",
    ],
  ],
  options: [
    ["--source <source>", "who the body of the file is from (default: generic)"],
    ["--incident <id>", "the incident, if there is no file"],
    ["--title <text>", "its title"],
    ["--severity <word>", "informational, low, medium or high"],
    ["--machine <name...>", "a machine: Defender's id of 40 digits, or its name; may be repeated"],
    ["--profile <name>", "what to run, instead of what the routing rules choose"],
    ["--param <name=value...>", "a parameter of the profile; may be repeated"],
    ["--again", "run the incident again, although it ran before; needs the right `again`"],
    ["--dry-run", "only say what it would do; ends with 4 if a cap would refuse it"],
    ["--wait", "watch the run until it is over"],
    ...WATCH_OPTIONS,
  ],
  run: async (asked, around) => {
    const request = requestOf(asked, await bodyIn(asked.words[0] ?? null, around));
    const lrq = lrqFor(asked, around);
    if (asked.flag("dry-run")) return await dryRun(lrq, request, asked.flag("json"), around);
    const { value: accepted, body } = await sent(lrq, request, around);
    if (asked.flag("json")) around.sayJson(body);
    else tell(accepted, around);
    if (asked.flag("wait")) return await watchRun(lrq, watchingOf(accepted.runId, asked), around);
    around.note(`Next: lrq watch ${accepted.runId}, or lrq show ${accepted.runId}`);
    return EXIT.done;
  },
};

/** A key of its own lets a request whose answer was lost be sent again: it counts once. */
async function sent(lrq: Lrq, { path, body }: SubmitRequest, around: Around) {
  const headers = { "idempotency-key": around.newId() };
  for (const pauseMs of AGAIN_AFTER_MS) {
    try {
      return await lrq.post(path, acceptedSchema, { body, headers });
    } catch (error) {
      const isLost = error instanceof Stop && error.againAfterMs === 0 && !neverLeft(error);
      if (!isLost) throw error;
      around.note(`${error.message} It is sent again, and counts once.`);
    }
    await around.sleep(pauseMs);
  }
  return await lrq.post(path, acceptedSchema, { body, headers });
}

async function bodyIn(file: string | null, { readInput }: Around): Promise<string | null> {
  if (file === null) return null;
  if (file === "-") return await readInput();
  return readFileSync(file, "utf8");
}

function tell({ runId, status, sequences, skipped }: Accepted, { show, columns }: Around): void {
  const rows = sequences.map(({ machineId, machineName, state }) => [
    plain(machineName ?? machineId),
    plain(state),
  ]);
  const titles = [
    { title: "MACHINE", most: 60 },
    { title: "STATE", most: 0 },
  ];
  show([
    ...factLines("run", `${runId} ${status}`, { columns, tone: "strong" }),
    ...tableLines(titles, rows, columns),
    ...skipped.flatMap(({ machine, reason }) =>
      factLines("skipped", `${machine}: ${reason}`, { columns, tone: "waiting" }),
    ),
  ]);
}
