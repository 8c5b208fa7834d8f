import type { Caller } from "../../access/caller.ts";
import {
  BEHIND,
  LATER,
  MACHINE,
  PLANNED,
  READY,
  runIdOfPlanned,
  sequenceIdIn,
} from "../../ledger/row/keys.ts";
import { machineSchema } from "../../ledger/sequence/rows.ts";
import { sorted } from "../../ledger/row/set-aside.ts";
import { holdsSession, isTerminal } from "../../ledger/sequence/sequence.ts";
import type { Limits } from "../../limits/pace/limits.ts";
import { isRunId, runOfSequence } from "../../plan/identity.ts";
import type { Ports } from "../../ports.ts";
import { cancelRun, type Cancelled, type Cancelling, type CancelPorts } from "./cancel-run.ts";
import { listAll } from "../../store/list-all.ts";
import { listSequences } from "../../store/list-sequences.ts";
import { loadRun } from "../../store/load.ts";
import { reachRun } from "../../store/reach-run.ts";
import { unlessSetAside } from "../../store/set-aside.ts";

/**
 * What a cancel affected, or would affect: the number of `runs`, and their sequences as in
 * `Cancelled`.
 */
export interface CancelledAll extends Cancelled {
  readonly runs: number;
}

/** What `cancelRun` would affect now; it changes nothing. Null if there is no such run. */
export async function previewCancel(
  { ledger }: Pick<Ports, "ledger">,
  runId: string,
  { covers }: Pick<Cancelling, "covers">,
): Promise<Cancelled | null> {
  const run = isRunId(runId) ? await loadRun(ledger, runId) : null;
  if (run === null) return null;
  const { records: all, setAside } = await listSequences(ledger, run.value);
  const records = all.filter(covers);
  const over = records.filter(isTerminal).length;
  const asked = records.filter(holdsSession).length;
  return {
    ended: records.length - over - asked,
    asked,
    alreadyOver: over,
    setAside: setAside.length,
  };
}

/** A run that is set aside itself. */
const UNREADABLE: Cancelled = { ended: 0, asked: 0, alreadyOver: 0, setAside: 1 };

/**
 * Ends all of our own work that is not over and that the caller's rights reach, run by run; with
 * `preview` it only counts.
 */
export async function cancelAll(
  ports: CancelPorts,
  limits: Limits,
  caller: Caller,
  preview: boolean,
): Promise<CancelledAll> {
  const tally = { runs: 0, ended: 0, asked: 0, alreadyOver: 0, setAside: 0 };
  const { name: by, all } = caller;
  for (const runId of await openRuns(ports)) {
    // Nobody knows the team of a run that cannot be read.
    const one = await unlessSetAside(ports, all ? UNREADABLE : null, async () => {
      const run = await reachRun(ports.ledger, caller, runId);
      if (run === null) return null;
      return preview
        ? await previewCancel(ports, runId, run)
        : await cancelRun(ports, limits, runId, run);
    });
    if (one === null) continue;
    tally.runs += 1;
    tally.ended += one.ended;
    tally.asked += one.asked;
    tally.alreadyOver += one.alreadyOver;
    tally.setAside += one.setAside;
  }
  ports.log("warn", preview ? "cancelAllPreviewed" : "allCancelled", { by, ...tally });
  return tally;
}

/** Runs with a sequence that waits, has no rows of its own yet, or holds a session. */
async function openRuns({ ledger }: CancelPorts): Promise<ReadonlySet<string>> {
  // Read first: what is unfolded meanwhile is found below.
  const planned = (await listAll(ledger, PLANNED)).map((row) => runIdOfPlanned(row.key));
  const leases = sorted(machineSchema, await listAll(ledger, MACHINE)).readable;
  const ids = leases.map(({ value }) => value.sequenceId);
  for (const range of [READY, LATER, BEHIND]) {
    ids.push(...(await listAll(ledger, range)).map((row) => sequenceIdIn(row.key)));
  }
  return new Set([...planned, ...ids.map(runOfSequence)]);
}
