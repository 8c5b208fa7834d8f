import type { AppAddress } from "../app-address.ts";
import { evidenceApi } from "../api.ts";
import { type Lrq, lrqAt } from "../app/lrq.ts";
import { isOnMachine } from "../app/run.ts";
import { RUN_WORDS, runIdNamed } from "../app/run-named.ts";
import { addressFor } from "../app/where.ts";
import type { Around } from "../command/around.ts";
import { EXIT, type ExitCode } from "../command/exit-codes.ts";
import { Stop, UsageError } from "../command/stop.ts";
import { plain, tableLines } from "../command/table.ts";
import type { Asked, Verb } from "../command/verb.ts";
import { manifestHashes } from "./manifest-hashes.ts";
import { resultsOfMachine } from "./results-of-machine.ts";
import { saveResults } from "./save-results.ts";
import { evidenceSchema, type Stored } from "./stored.ts";

/** `lrq evidence [RUN] [-o DIR]`: what is stored of a run or a machine, listed or fetched. */
export const evidence: Verb = {
  usage: "evidence [run]",
  summary: "what is stored of a run or a machine: list it, or fetch it",
  examples: [
    ["lrq evidence generic:CASE-1", "lists the results"],
    ["lrq evidence generic:CASE-1 -o case-1", "fetches them, a folder for each machine"],
    ["lrq evidence generic:CASE-1 --machine pc-0002 -o case-1", "those of one machine"],
    ["lrq evidence --machine pc-0002 -o pc-0002", "those of all runs, the newest first"],
  ],
  options: [
    ["--machine <name>", "only results of this machine: its name, or Defender's id"],
    ["--since <time>", "without a run: only what was accepted since then, such as 7d"],
    ["--limit <number>", "without a run: how many runs at most (default: 50)"],
    ["-o, --output <folder>", "fetch the results into this folder; nothing is overwritten"],
  ],
  about:
    `${RUN_WORDS} Without it, --machine says of which machine; then each run gets a folder.\n` +
    "Files get the name that Defender served, made safe for every file system. Each hash is " +
    "compared with the manifest. lrq export brings out a run with all that proves it.",
  run: async (asked, around) => {
    const address = addressFor(asked, around);
    const [named = null] = asked.words;
    const results =
      named === null
        ? await resultsOfMachine(lrqAt(address), asked, around)
        : await resultsOfRun(lrqAt(address), runIdNamed(named), asked);
    return await listOrFetch(results, address, asked, around);
  },
};

async function resultsOfRun(lrq: Lrq, runId: string, asked: Asked): Promise<readonly Stored[]> {
  const vain = ["since", "limit"].find((name) => asked.text(name) !== null);
  if (vain !== undefined) throw new UsageError(`--${vain} chooses runs: leave the run out`);
  const { value } = await lrq.get(`runs/${runId}/evidence`, evidenceSchema);
  const machine = asked.text("machine");
  const results = value.evidence
    .map((each) => Object.assign(each, { runId }))
    .filter((each) => machine === null || isOnMachine(each, machine));
  if (results.length > 0) return results;
  const of = machine === null ? `run ${runId}` : `${machine} in run ${runId}`;
  throw new Stop(EXIT.notFound, `Nothing is stored of ${of}.`, {
    todo: `lrq show ${runId} says what is still to come.`,
  });
}

async function listOrFetch(
  results: readonly Stored[],
  address: AppAddress,
  asked: Asked,
  around: Around,
): Promise<ExitCode> {
  const folder = asked.text("output");
  if (folder === null) {
    if (asked.flag("json")) around.sayJson(results);
    else around.show(tableLines(TITLES, results.map(rowOf), around.columns));
    return EXIT.done;
  }
  const hashes = await manifestHashes(lrqAt(address), results, around.note);
  const api = evidenceApi(address);
  const saved = await saveResults({ results, folder, hashes, note: around.note }, api);
  if (asked.flag("json")) around.sayJson(saved);
  else for (const { file, size, sha256 } of saved) around.say(`${sha256}  ${file}  ${size} bytes`);
  return EXIT.done;
}

const TITLES = [
  { title: "MACHINE", most: 24 },
  { title: "TYPE", most: 10 },
  { title: "BYTES", most: 12 },
  { title: "NAME", most: 0 },
];

function rowOf({ machineName, machineId, type, size, servedName }: Stored) {
  return [
    plain(machineName ?? machineId),
    plain(type),
    plain(String(size)),
    plain(servedName ?? ""),
  ];
}
