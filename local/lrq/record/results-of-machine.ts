import type { z } from "zod";
import type { Lrq } from "../app/lrq.ts";
import { pagesOf } from "../app/pages.ts";
import type { Around } from "../command/around.ts";
import { EXIT } from "../command/exit-codes.ts";
import { instantIn } from "../command/instant-in.ts";
import { limitIn } from "../command/list-rows.ts";
import { Stop, UsageError } from "../command/stop.ts";
import type { Asked } from "../command/verb.ts";
import { machineSchema } from "../runs/machine.ts";
import { evidenceSchema, type Stored } from "./stored.ts";

/** A page has fifty sequences, and may be short. */
const PAGES_MOST = 1_000;
/** Of the id of a run, in the name of its folder: two runs of an incident differ in it. */
const ID_CHARACTERS = 8;

type Sent = z.infer<typeof machineSchema>["sequences"][number];

/**
 * What is stored of the machine of `--machine`, of the runs that it was last sent something of, the
 * newest first. Throws if that is nothing.
 */
export async function resultsOfMachine(
  lrq: Lrq,
  asked: Asked,
  around: Around,
): Promise<readonly Stored[]> {
  const machine = asked.text("machine");
  if (machine === null) throw new UsageError("name a run, or a machine with --machine");
  const limit = limitIn(asked);
  const since = asked.text("since");
  const query: Record<string, string> =
    since === null ? {} : { since: instantIn(since, around.nowMs()) };
  const runs = new Map<string, Sent>();
  let machineId = "";
  const path = `machines/${encodeURIComponent(machine)}/sequences`;
  for await (const { value } of pagesOf(lrq, path, machineSchema, { pages: PAGES_MOST, query })) {
    ({ machineId } = value.machine);
    for (const each of value.sequences) {
      if (each.submittedAt !== null && !runs.has(each.runId)) runs.set(each.runId, each);
    }
    if (runs.size > limit) break;
  }
  if (runs.size > limit) around.note(`There are more: --limit ${limit * 10} has more runs.`);
  const results: Stored[] = [];
  for (const run of [...runs.values()].slice(0, limit)) {
    results.push(...(await resultsOf(lrq, run, machineId)));
  }
  if (results.length > 0) return results;
  throw new Stop(EXIT.notFound, `Nothing is stored of ${machine}.`, {
    todo: `lrq machine ${machine} says what was sent to it, and how that ended.`,
  });
}

/** The results of the machine in one of its runs, each below a folder that only this run has. */
async function resultsOf(
  lrq: Lrq,
  { runId, source, incidentId }: Sent,
  machineId: string,
): Promise<Stored[]> {
  const { value } = await lrq.get(`runs/${runId}/evidence`, evidenceSchema);
  const below = `${source}-${incidentId}-${runId.slice(0, ID_CHARACTERS)}`;
  return value.evidence
    .filter((each) => each.machineId === machineId)
    .map((each) => Object.assign(each, { runId, below }));
}
