import type { Tone } from "../../colours.ts";
import type { Line } from "../../columns.ts";
import { progressOf } from "../../progress.ts";
import { machineOf, type Run, runSchema, type Sequence } from "../app/run.ts";
import { RUN_WORDS, runIdNamed } from "../app/run-named.ts";
import { lrqFor } from "../app/where.ts";
import type { Around } from "../command/around.ts";
import { EXIT } from "../command/exit-codes.ts";
import { factLines, plain, tableLines } from "../command/table.ts";
import { distanceWords, instantWords } from "../command/time-words.ts";
import type { Verb } from "../command/verb.ts";
import { countWords } from "./count-words.ts";
import { OFFLINE_AFTER_MS } from "./offline.ts";

/** Enough of what a script wrote to see what went wrong; `--json` has the rest. */
const WORDS_SHOWN = 300;

/** `lrq show RUN`: everything that is known of a run, and what each machine waits for. */
export const show: Verb = {
  usage: "show <run>",
  summary: "a run: its machines, what they wait for, what failed",
  examples: [
    ["lrq show dr60s2vdevzmvjgmkmak", "the run with this id"],
    ["lrq show generic:CASE-1", "the run of the incident CASE-1"],
    ["lrq show generic:CASE-1 --json", "all that GET /api/runs/RUN answers"],
  ],
  about: RUN_WORDS,
  run: async (asked, around) => {
    const runId = runIdNamed(asked.words[0] ?? "");
    const { value: run, body } = await lrqFor(asked, around).get(`runs/${runId}`, runSchema);
    if (asked.flag("json")) around.sayJson(body);
    else around.show(runLines(run, around));
    return EXIT.done;
  },
};

/** The run as a page of a terminal. */
function runLines(run: Run, at: Pick<Around, "columns" | "nowMs">): Line[] {
  const nowMs = at.nowMs();
  const rows = run.sequences.map((each) => sequenceRow(each, nowMs));
  const titles = [
    { title: "MACHINE", most: 24 },
    { title: "PROFILE", most: 20 },
    { title: "STATE", most: 11 },
    { title: "", most: 0 },
  ];
  return [
    ...headLines(run, { columns: at.columns, nowMs }),
    [],
    ...tableLines(titles, rows, at.columns),
    ...run.skipped.flatMap(({ machine, reason }) =>
      factLines("skipped", `${machine}: ${reason}`, { columns: at.columns, tone: "waiting" }),
    ),
    ...run.sequences.flatMap((each) => scriptLines(each, at.columns)),
    ...stepLines(run, at.columns),
  ];
}

type Fact = readonly [name: string, text: string, tone: Tone];

function headLines(run: Run, { columns, nowMs }: { columns: number; nowMs: number }): Line[] {
  const asked = `${instantWords(run.requestedAt)}, ${distanceWords(run.requestedAt, nowMs)}`;
  const { owed, stored, unavailable } = run.results;
  const facts: Fact[] = [
    ["run", `${run.runId} ${run.state}`, "strong"],
    ["incident", `${run.source}:${run.incidentId}, ${run.severity}: ${run.title}`, "plain"],
    ...(run.url === null ? [] : [["page", run.url, "plain"] as const]),
    ["asked for", `by ${run.requestedBy}, ${asked}`, "plain"],
    ["sequences", countWords(run.counts), "plain"],
    ["results", `${stored} stored, ${owed} owed, ${unavailable} unavailable`, "plain"],
    ...waitFacts(run, nowMs),
  ];
  return facts.flatMap(([name, text, tone]) => factLines(name, text, { columns, tone }));
}

/** What holds the whole run, with the command that ends that. */
function waitFacts({ runId, gate, approval, cancelAsked }: Run, nowMs: number): Fact[] {
  const facts: Fact[] = [];
  if (cancelAsked !== null) facts.push(["cancelled", `by ${cancelAsked.by}`, "waiting"]);
  if (gate?.state === "first") facts.push(["gate", "a first wave goes alone", "waiting"]);
  if (gate?.state === "paused") {
    facts.push([
      "paused",
      `${gate.why ?? "after failures"}. lrq resume ${runId} lets it go`,
      "bad",
    ]);
  }
  if (approval !== null) {
    const { given, needed, mayApprove, expiresAt } = approval;
    const who = mayApprove.length === 0 ? "nobody" : mayApprove.join(", ");
    const when = distanceWords(expiresAt, nowMs);
    const text = `${given.length} of ${needed} given, ${who} may approve, it ends ${when}`;
    facts.push(["approval", `${text}. lrq approve ${runId} shows the plan`, "waiting"]);
  }
  return facts;
}

function sequenceRow(sequence: Sequence, nowMs: number): Line {
  const { word, tone, detail } = progressOf(sequence, nowMs, OFFLINE_AFTER_MS);
  const { profile, waits } = sequence;
  const start = waits?.estimatedStart ?? null;
  const about = start === null ? "" : ` It may go ${distanceWords(start, nowMs)}.`;
  return [
    plain(machineOf(sequence)),
    { tone: "faint", text: `${profile.name} ${profile.version}` },
    { tone, text: word },
    plain(waits === null ? detail : `${waits.detail}${about}`),
  ];
}

/** What a person can do, each of it once; what goes on by itself is left out. */
function stepLines({ sequences }: Run, columns: number): Line[] {
  const steps = sequences.flatMap(({ nextStep }) =>
    nextStep?.needsPerson === true ? [nextStep.step] : [],
  );
  return [...new Set(steps)].flatMap((step) => factLines("to do", step, { columns, tone: "busy" }));
}

/** What failed scripts said, in their own words. */
function scriptLines(sequence: Sequence, columns: number): Line[] {
  return sequence.commands.flatMap(({ target, result }) => {
    if (result === null || result.scriptFailed !== true) return [];
    const { exitCode, scriptErrors, output } = result;
    const said = [scriptErrors, output].find((each) => each !== null && each.trim() !== "");
    const code = exitCode === null ? "failed" : `ended with ${exitCode}`;
    const words = said === undefined || said === null ? "." : `: ${said.slice(0, WORDS_SHOWN)}`;
    const text = `${machineOf(sequence)}: ${target} ${code}${words}`;
    return factLines("script", text, { columns, tone: "bad" });
  });
}
