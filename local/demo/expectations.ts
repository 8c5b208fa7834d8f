import { custodyEntrySchema, verifyChain } from "../../shared/evidence/custody.ts";
import type { Cast, CastMember } from "./cast.ts";
import type { Check } from "./check.ts";
import { pinnedScripts } from "./pinned-scripts.ts";
import type { RunAnswer, SequenceAnswer } from "../run-answer.ts";
import type { SavedFile, SavedRun } from "./save-evidence.ts";

/** What came of the demo, as lrq and the simulated tenant tell it. */
export interface Outcome {
  readonly runs: readonly RunAnswer[];
  readonly saved: readonly SavedRun[];
  /** Every POST that came to the tenant's door for the incident and the ticket. */
  readonly arrivals: readonly {
    readonly machineId: string;
    readonly status: number;
    readonly code?: string;
  }[];
  /** What the tenant complains of. */
  readonly violations: readonly string[];
}

/** Everything that has to be so at the end of the demo; all is well if no check has a problem. */
export function checkOutcome(outcome: Outcome, cast: Cast): readonly Check[] {
  const { members } = cast;
  const failing = members.filter(({ part }) => part === "scriptFails");
  const working = members.filter(({ part }) => part !== "scriptFails");
  return [
    {
      claim: `${working.length} machines returned all results`,
      problems: working.flatMap((member) => successProblems(outcome, member)),
    },
    {
      claim: `${names(failing)} failed because of its script, and nothing ran after that`,
      problems: failing.flatMap((member) => failureProblems(outcome, member)),
    },
    {
      claim: "every run is finished, and no machine was skipped",
      problems: outcome.runs.flatMap(runProblems),
    },
    {
      claim: "each machine had exactly one session before the sweep",
      problems: members.flatMap((member) => arrivalProblems(outcome, member)),
    },
    {
      claim: "lrq never called the tenant too often, and never broke its rules",
      problems: outcome.violations,
    },
    {
      claim: "every download has the SHA-256 that lrq recorded",
      problems: outcome.saved.flatMap((saved) => fileProblems(outcome, saved)),
    },
    {
      claim: "the custody chain of each run is complete, with one entry for each file",
      problems: outcome.saved.flatMap(chainProblems),
    },
    pinnedScripts(outcome.saved.flatMap(({ manifest }) => manifest.entries)),
  ];
}

function successProblems({ runs }: Outcome, member: CastMember): string[] {
  const { name } = member;
  const sequence = theSequence(runs, member);
  if (typeof sequence === "string") return [sequence];
  const { state, outcome, commands } = sequence;
  if (state !== "succeeded")
    return [`${name} is ${state}: ${outcome?.detail ?? "no reason given"}`];
  return commands.flatMap(({ index, type, status, result }) => {
    const about = `${name}, command ${index} (${type})`;
    if (status !== "Completed") return [`${about} is ${status}`];
    if (type === "PutFile") return [];
    if (result?.state !== "stored") return [`${about} has no stored result`];
    const exitCode = type === "RunScript" ? result.exitCode : 0;
    return exitCode === 0 ? [] : [`${about} ended with exit code ${exitCode}`];
  });
}

function failureProblems({ runs }: Outcome, member: CastMember): string[] {
  const { name } = member;
  const sequence = theSequence(runs, member);
  if (typeof sequence === "string") return [sequence];
  const { state, outcome, commands } = sequence;
  if (state !== "failed") return [`${name} is ${state}, not failed`];
  const failedAt = commands.findIndex(({ status }) => status === "Failed");
  const ran = commands
    .slice(failedAt + 1)
    .filter(({ startedAt, result }) => startedAt !== null || result !== null);
  return [
    ...(outcome?.code === "commandFailed" ? [] : [`${name} failed because of ${outcome?.code}`]),
    ...(commands[failedAt]?.type === "RunScript" ? [] : [`${name} has no failed script`]),
    ...(failedAt + 1 < commands.length ? [] : [`${name} has no command after its script`]),
    ...ran.map(({ index }) => `${name}, command ${index} ran although the script had failed`),
  ];
}

function runProblems({ source, state, skipped }: RunAnswer): string[] {
  return [
    ...(state === "finished" ? [] : [`the run of ${source} is ${state}`]),
    ...skipped.map(({ machine, reason }) => `${machine} was skipped: ${reason}`),
  ];
}

/** One accepted POST for each; and the machine in a portal session must have refused one before. */
function arrivalProblems({ arrivals }: Outcome, { machineId, name, part }: CastMember): string[] {
  const own = arrivals.filter((arrival) => arrival.machineId === machineId);
  const accepted = own.filter(({ status }) => status === 200 || status === 201).length;
  const wasBusy = own.some(({ code }) => code === "ActiveRequestAlreadyExists");
  return [
    ...(accepted === 1 ? [] : [`${name} had ${accepted} accepted actions`]),
    ...(part === "portalSession" && !wasBusy ? [`${name} was never busy`] : []),
  ];
}

function fileProblems({ runs }: Outcome, { runId, manifest, files }: SavedRun): string[] {
  const sequences = runs.find((run) => run.runId === runId)?.sequences ?? [];
  return files.flatMap((file) => {
    const commands = sequences.find(({ sequenceId }) => sequenceId === file.sequenceId)?.commands;
    const result = commands?.find(({ index }) => index === file.index)?.result;
    return [
      ...(isSame(file, result) ? [] : [`${file.path} differs from what the run says`]),
      ...(isInManifest(file, manifest.entries) ? [] : [`${file.path} is not in the manifest`]),
    ];
  });
}

function isInManifest(file: SavedFile, entries: readonly unknown[]): boolean {
  return entries.some((entry) => {
    const read = custodyEntrySchema.safeParse(entry);
    return read.success && read.data.sequenceId === file.sequenceId && isSame(file, read.data);
  });
}

function isSame(
  file: SavedFile,
  recorded: { size: number | null; sha256: string | null } | null | undefined,
): boolean {
  return file.sha256 === recorded?.sha256 && file.size === recorded.size;
}

function chainProblems({ runId, manifest, files, findings }: SavedRun): string[] {
  const { entries, head } = manifest;
  const verdict = verifyChain(entries);
  if (verdict.kind === "broken") {
    return [`the chain of run ${runId} is broken at entry ${verdict.position}: ${verdict.why}`];
  }
  return [
    ...(verdict.head?.hash === head ? [] : [`the chain of run ${runId} does not end at its head`]),
    ...(entries.length === files.length
      ? []
      : [`run ${runId} has ${entries.length} entries for ${files.length} files`]),
    ...findings.map(({ where, what }) => `${where} of run ${runId} ${what}`),
  ];
}

/** The one sequence of a machine, or what is wrong with that. */
function theSequence(
  runs: readonly RunAnswer[],
  { machineId, name }: CastMember,
): SequenceAnswer | string {
  const found = runs.flatMap(({ sequences }) =>
    sequences.filter((each) => each.machineId === machineId),
  );
  const [only] = found;
  return only === undefined || found.length > 1 ? `${name} has ${found.length} sequences` : only;
}

function names(members: readonly CastMember[]): string {
  return members.map(({ name }) => name).join(", ");
}
