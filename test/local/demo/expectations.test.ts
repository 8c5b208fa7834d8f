import { describe, expect, it } from "vitest";
import { checkOutcome, type Outcome } from "../../../local/demo/expectations.ts";
import { appendEntry, type CustodyEntry } from "../../../shared/evidence/custody.ts";
import type { SavedFile } from "../../../local/demo/save-evidence.ts";
import type { CastMember } from "../../../local/demo/cast.ts";
import type { SequenceAnswer } from "../../../local/run-answer.ts";
import { aCommand, after, aRun, aSequence, cast, ranFor, stored } from "./a-run.ts";

const sha256 = "a".repeat(64);

function worked(machine: CastMember): SequenceAnswer {
  const ran = ranFor(0, 1);
  return aSequence(machine, {
    state: "succeeded",
    commands: [
      aCommand(0, "PutFile", ran),
      aCommand(1, "RunScript", { ...ran, result: stored(3, sha256, 0) }),
      aCommand(2, "GetFile", { ...ran, result: stored(3, sha256) }),
    ],
  });
}

function failed(machine: CastMember): SequenceAnswer {
  return aSequence(machine, {
    state: "failed",
    outcome: { code: "commandFailed", detail: "Command 2 failed." },
    commands: [
      aCommand(0, "PutFile", ranFor(0, 1)),
      aCommand(1, "RunScript", { ...ranFor(0, 1), status: "Failed", errors: ["exit code 1"] }),
      aCommand(2, "GetFile"),
    ],
  });
}

function entryAfter(
  head: CustodyEntry | null,
  { sequenceId, index, size }: SavedFile,
): CustodyEntry {
  return appendEntry(head, {
    runId: "run",
    source: "sentinel",
    incidentId: "4711",
    sequenceId,
    machineId: "m",
    machineName: null,
    machineActionId: "action",
    part: 0,
    commandIndex: index,
    command: { type: "GetFile", path: "C:\\out.zip" },
    library: null,
    profile: { name: "triage", version: 1, hash: "h" },
    requestedBy: "local",
    approvedBy: [],
    requestedAt: after(0),
    submittedAt: null,
    startedAt: null,
    endedAt: null,
    collectedAt: after(9),
    storedAs: "x.bin",
    servedName: null,
    size,
    sha256,
    content: null,
    clockOffset: null,
    lrqVersion: "0.1.0",
    lrqCommit: "source",
  });
}

/** The demo as it should come out. */
function asExpected(): Outcome {
  const sequences = cast.members.map((machine) =>
    machine.part === "scriptFails" ? failed(machine) : worked(machine),
  );
  const files = sequences
    .filter(({ state }) => state === "succeeded")
    .flatMap(({ sequenceId }) =>
      [1, 2].map((index) => ({
        sequenceId,
        index,
        path: `${sequenceId}/${index}`,
        size: 3,
        sha256,
      })),
    );
  const entries: CustodyEntry[] = [];
  for (const file of files) entries.push(entryAfter(entries.at(-1) ?? null, file));
  const manifest = { runId: "run", head: entries.at(-1)?.hash ?? "", entries };
  const posted = cast.members.map(({ machineId }) => ({ machineId, status: 201 }));
  const refused = cast.members
    .filter(({ part }) => part === "portalSession")
    .map(({ machineId }) => ({ machineId, status: 400, code: "ActiveRequestAlreadyExists" }));
  return {
    runs: [aRun(sequences, { state: "finished" })],
    saved: [{ runId: "run", manifest, folder: "sentinel-run", files, findings: [] }],
    arrivals: [...refused, ...posted],
    violations: [],
  };
}

function problemsOf(change: (outcome: Outcome) => Outcome): string[] {
  return checkOutcome(change(asExpected()), cast).flatMap(({ problems }) => problems);
}

function withSequence(
  name: string,
  change: (sequence: SequenceAnswer) => SequenceAnswer,
): (outcome: Outcome) => Outcome {
  return (outcome) => ({
    ...outcome,
    runs: outcome.runs.map((run) => ({
      ...run,
      sequences: run.sequences.map((each) =>
        each.sequenceId === `run.${name}` ? change(each) : each,
      ),
    })),
  });
}

describe("the demo's expectations", () => {
  it("are met by five machines that worked and one whose script failed", () => {
    expect(problemsOf((outcome) => outcome)).toEqual([]);
  });

  it.each<[string, (outcome: Outcome) => Outcome, string]>([
    [
      "a machine that should have worked",
      withSequence("web-01", (each) => ({ ...each, state: "expired" })),
      "web-01 is expired: no reason given",
    ],
    [
      "a result that is not stored",
      withSequence("web-01", (each) => ({
        ...each,
        commands: each.commands.map((command) => ({ ...command, result: null })),
      })),
      "web-01, command 1 (RunScript) has no stored result",
    ],
    [
      "a failing machine that succeeds",
      withSequence("srv-db02", (each) => ({ ...each, state: "succeeded" })),
      "srv-db02 is succeeded, not failed",
    ],
    [
      "a command that ran after a failure",
      withSequence("srv-db02", (each) => ({
        ...each,
        commands: each.commands.map((command) =>
          command.index === 2 ? { ...command, ...ranFor(1, 2) } : command,
        ),
      })),
      "srv-db02, command 2 ran although the script had failed",
    ],
    [
      "a run that is not over",
      (outcome) => ({
        ...outcome,
        runs: outcome.runs.map((run) => ({ ...run, state: "running" })),
      }),
      "the run of sentinel is running",
    ],
    [
      "a second session on a machine",
      (outcome) => ({
        ...outcome,
        arrivals: [...outcome.arrivals, ...outcome.arrivals.slice(1, 2)],
      }),
      "pc-0101 had 2 accepted actions",
    ],
    [
      "a portal session nobody met",
      (outcome) => ({ ...outcome, arrivals: outcome.arrivals.slice(1) }),
      "pc-0312 was never busy",
    ],
    [
      "a rule of the tenant that was broken",
      (outcome) => ({ ...outcome, violations: ["11 POSTs within 60 seconds"] }),
      "11 POSTs within 60 seconds",
    ],
    [
      "a file with other bytes",
      (outcome) => ({
        ...outcome,
        saved: outcome.saved.map((saved) => ({
          ...saved,
          files: saved.files.map((file, at) =>
            at === 0 ? { ...file, sha256: "b".repeat(64) } : file,
          ),
        })),
      }),
      "run.pc-0101/1 differs from what the run says",
    ],
    [
      "a custody chain that was cut",
      (outcome) => ({
        ...outcome,
        saved: outcome.saved.map((saved) => ({
          ...saved,
          manifest: { ...saved.manifest, entries: saved.manifest.entries.slice(1) },
        })),
      }),
      "the chain of run run is broken at entry 1: entry 1 is missing: here stands 2",
    ],
  ])("tell of %s", (_, change, problem) => {
    expect(problemsOf(change)).toContain(problem);
  });
});
