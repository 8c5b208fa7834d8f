import { noPoison } from "../../local/memory/no-poison.ts";
import { countedLedger } from "../../local/memory/counted-ledger.ts";
import { createMemoryLedger } from "../../local/memory/ledger.ts";
import { parseCallers, type Caller } from "../../shared/access/caller.ts";
import type { RunRecord } from "../../shared/ledger/run/run.ts";
import { summaryRows } from "../../shared/ledger/run/summary.ts";
import type { Ledger } from "../../shared/ports.ts";
import { runIdOf } from "../../shared/plan/identity.ts";
import { aRun } from "../../test/ledger/a-run.ts";
import { START_MS } from "../../test/ledger/a-sequence.ts";

/** Thirty runs of up to three rows each: under a transaction's 100. */
const RUNS_PER_COMMIT = 30;
export const TEAMS = ["red", "blue"] as const;

/** The n-th run, requested n seconds before the last. */
export function runOf(number: number, over: Partial<RunRecord> = {}): RunRecord {
  const incidentId = `case-${number}`;
  const runId = runIdOf({ source: "generic", incidentId, again: null, team: null });
  const requestedAtMs = START_MS - number * 1_000;
  const team = TEAMS[number % TEAMS.length] ?? null;
  return aRun({ runId, incidentId, requestedAtMs, team, finishedAtMs: START_MS, ...over });
}

/** A ledger with the summaries of so many runs, and a count of the requests to it. */
export async function ledgerWith(count: number, over: Partial<RunRecord> = {}) {
  const memory = createMemoryLedger();
  for (let from = 0; from < count; from += RUNS_PER_COMMIT) {
    const some = Array.from({ length: Math.min(RUNS_PER_COMMIT, count - from) }, (_, index) =>
      runOf(from + index, over),
    );
    await memory.commit(some.flatMap((run) => summaryRows(run, false)));
  }
  return counted(memory);
}

/** The ledger, and a count of the requests to it. */
export function counted(of: Ledger) {
  let requests = 0;
  const ledger = countedLedger(of, () => (requests += 1));
  return { ledger, requestsOf: countedBy(() => requests) };
}

/** How many requests `act` makes. */
function countedBy(requests: () => number) {
  return async (act: () => Promise<unknown>): Promise<number> => {
    const before = requests();
    await act();
    return requests() - before;
  };
}

const now = () => START_MS;

export function portsOn(ledger: Ledger) {
  const clock = { earliest: now, latest: now, monotonicMs: now, sleep: async () => undefined };
  return { ledger, clock, poison: noPoison };
}

/** One who reaches every team, and one of a team. */
export function callersHere(): readonly Caller[] {
  const key = `sha256:${"0".repeat(64)}`;
  const other = `sha256:${"1".repeat(64)}`;
  const setting = [
    { name: "chief", key, all: true, may: ["run.read", "sweep.read"] },
    { name: "mate", key: other, team: "red", may: ["run.read", "sweep.read"] },
  ];
  const parsed = parseCallers(JSON.stringify(setting));
  if (parsed.kind !== "parsed") throw new Error("the callers are wrong");
  return parsed.value;
}
