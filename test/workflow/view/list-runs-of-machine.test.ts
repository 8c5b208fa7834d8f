import { describe, expect, it } from "vitest";
import { countedLedger } from "../../../local/memory/counted-ledger.ts";
import { createMemoryLedger } from "../../../local/memory/ledger.ts";
import type { Caller } from "../../../shared/access/caller.ts";
import { cursorOf } from "../../../shared/ledger/row/cursor.ts";
import { runChanges } from "../../../shared/ledger/run/run-changes.ts";
import type { RunRecord } from "../../../shared/ledger/run/run.ts";
import { historyRows, isPast } from "../../../shared/ledger/sequence/history.ts";
import { insertion } from "../../../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { runIdOf } from "../../../shared/plan/identity.ts";
import type { RunsAsked } from "../../../shared/workflow/view/list-runs.ts";
import {
  listRunsOfMachine,
  type RunsOfMachine,
} from "../../../shared/workflow/view/list-runs-of-machine.ts";
import { callersOf, keyHash } from "../../access/callers.ts";
import { ofEveryTeam } from "../../access/reaching.ts";
import { aRun } from "../../ledger/a-run.ts";
import { aSequence, START_MS } from "../../ledger/a-sequence.ts";

const CHIEF = ofEveryTeam("chief");
const A = "a".repeat(40);
const B = "b".repeat(40);
const OVER = { state: "cancelled", place: null, endedAtMs: START_MS } as const;
const WAITS = { state: "waiting", place: { kind: "ready" }, endedAtMs: null } as const;
const ALL: RunsAsked = {
  state: null,
  source: null,
  incidentId: null,
  sinceMs: null,
  needsAttention: false,
  limit: 50,
  cursor: null,
};

function callerOf(of: object): Caller {
  const [caller] = callersOf([{ name: "mate", key: keyHash("k"), may: ["run.read"], ...of }]);
  if (caller === undefined) throw new Error("there is no caller");
  return caller;
}

/** The run of the n-th minute. */
function run(number: number, over: Partial<RunRecord> = {}): RunRecord {
  const incidentId = `case-${number}`;
  const runId = runIdOf({ source: "generic", incidentId, again: null, team: null });
  const requestedAtMs = START_MS + number * 60_000;
  return aRun({ runId, incidentId, requestedAtMs, team: "red", ...over });
}

/** The n-th sequence of a run, for the machine A and over; or as told. */
function of(
  { runId, requestedAtMs }: RunRecord,
  over: Partial<SequenceRecord> = {},
  number = 0,
): SequenceRecord {
  const sequenceId = `${runId}.${String(number).padStart(12, "0")}`;
  const machine = { machineId: A, machineName: "PC-7.contoso.com" };
  return aSequence({
    sequenceId,
    runId,
    acceptedAtMs: requestedAtMs,
    ...machine,
    ...OVER,
    ...over,
  });
}

function profile(name: string) {
  return { name, version: 1, hash: "0".repeat(64) };
}

async function listOf(runs: readonly RunRecord[], sequences: readonly SequenceRecord[]) {
  const memory = createMemoryLedger();
  for (const each of runs) await memory.commit(runChanges(null, each));
  for (const each of sequences) {
    await memory.commit(insertion(each));
    if (isPast(each)) await memory.commit(historyRows(each));
  }
  let requests = 0;
  const ledger = countedLedger(memory, () => (requests += 1));
  const clock = { earliest: () => START_MS, latest: () => START_MS, monotonicMs: () => 0 };
  const ports = { ledger, clock: { ...clock, sleep: async () => undefined } };
  const ask = async (
    machine: string,
    asked: Partial<RunsAsked> = {},
    caller = CHIEF,
  ): Promise<RunsOfMachine> =>
    await listRunsOfMachine(ports, caller, machine, { ...ALL, ...asked });
  const page = async (...asked: Parameters<typeof ask>) => {
    const found = await ask(...asked);
    if (found.kind !== "runs") throw new Error(`it is ${found.kind}`);
    return found.page;
  };
  const ids = async (...asked: Parameters<typeof ask>): Promise<string[]> =>
    (await page(...asked)).runs.map(({ incidentId }) => incidentId);
  /** All pages, and the most requests that one of them took. */
  const pages = async (machine: string, limit: number) => {
    const all: string[] = [];
    let most = 0;
    for (let cursor: string | null = null, at = 0; at < 50; at += 1) {
      requests = 0;
      const found: Awaited<ReturnType<typeof page>> = await page(machine, { limit, cursor });
      most = Math.max(most, requests);
      all.push(...found.runs.map(({ incidentId }) => incidentId));
      if (found.next === null) return { all, most };
      cursor = found.next;
    }
    throw new Error("the list has no end");
  };
  return { ask, ids, pages };
}

describe("the runs of a machine", () => {
  it("are those that sent it something or will, the one it joined last first", async () => {
    const runs = [run(1), run(2), run(3), run(4)];
    const [one, two, three, four] = runs.map((each) => of(each));
    if (one === undefined || two === undefined || three === undefined || four === undefined) return;
    const later = { acceptedAtMs: START_MS + 900_000, ...WAITS };
    const [first = run(1)] = runs;
    const list = await listOf(runs, [
      one,
      { ...two, machineId: B, machineName: "pc-8" },
      { ...three, ...WAITS },
      four,
      of(first, later, 1),
    ]);
    for (const machine of [A, A.toUpperCase(), "pc-7", "PC-7.contoso.com"]) {
      expect(await list.ids(machine)).toEqual(["case-1", "case-4", "case-3"]);
    }
    expect(await list.ids("pc-8")).toEqual(["case-2"]);
    expect(await list.ids("pc-9")).toEqual([]);
  });

  it("come in pages, each run once, with a request for each and a few for the lists", async () => {
    const runs = Array.from({ length: 45 }, (_, n) => run(n));
    const twice = runs.flatMap((each, n) => [
      of(each),
      of(each, { acceptedAtMs: each.requestedAtMs - 120_000, ...(n % 9 === 0 ? WAITS : {}) }, 1),
    ]);
    const list = await listOf(runs, twice);
    const { all, most } = await list.pages("pc-7", 10);
    expect(all).toEqual(Array.from({ length: 45 }, (_, n) => `case-${44 - n}`));
    // The line, the names, the history, ten runs and what waits: five records.
    expect(most).toBeLessThanOrEqual(3 + 1 + 1 + 10 + 5);
  });

  it("go on beyond a thousand sequences", async () => {
    const runs = Array.from({ length: 1_100 }, (_, n) => run(n));
    const list = await listOf(
      runs,
      runs.map((each) => of(each)),
    );
    const { all, most } = await list.pages(A, 100);
    expect([all.length, new Set(all).size, most <= 105]).toEqual([1_100, 1_100, true]);
  });

  it("are chosen by all that is asked for together", async () => {
    const finished = { open: 0, finishedAtMs: START_MS };
    const ended = [{ state: "failed" as const, code: "commandFailed", count: 1 }];
    const failed = { ...finished, accepted: 1, tally: [{ profile: "p", accepted: 1, ended }] };
    const runs = [run(1, failed), run(2, finished), run(3), run(4, { source: "jira" })];
    const list = await listOf(
      runs,
      runs.map((each) => of(each)),
    );
    expect(await list.ids(A, { state: "running" })).toEqual(["case-4", "case-3"]);
    expect(await list.ids(A, { source: "jira" })).toEqual(["case-4"]);
    expect(await list.ids(A, { needsAttention: true })).toEqual(["case-1"]);
    expect(await list.ids(A, { sinceMs: START_MS + 180_000 })).toEqual(["case-4", "case-3"]);
  });

  it("are those that the caller's rights reach on this machine, and no others", async () => {
    const tally = ["windows", "unix"].map((profile) => ({ profile, accepted: 1, ended: [] }));
    const both = { accepted: 2, open: 2, tally };
    const runs = [run(1, both), run(2, { team: "blue" }), run(3, both)] as const;
    const list = await listOf(runs, [
      of(runs[0], { profile: profile("windows") }),
      of(runs[0], { profile: profile("unix"), machineId: B }, 1),
      of(runs[1]),
      of(runs[2], { profile: profile("unix") }),
      of(runs[2], { profile: profile("windows"), machineId: B }, 1),
    ]);
    expect(await list.ids(A, {}, callerOf({ team: "red" }))).toEqual(["case-3", "case-1"]);
    const windows = callerOf({ team: "red", profiles: ["windows"] });
    expect(await list.ids(A, {}, windows)).toEqual(["case-1"]);
  });

  it("are not told of a name that fits two machines, but their ids are, unless one is another team's", async () => {
    const runs = [run(1), run(2, { team: "blue" })] as const;
    const other = { machineId: B, machineName: "pc-7.fabrikam.com" };
    const list = await listOf(runs, [of(runs[0]), of(runs[1], other)]);
    expect(await list.ask("pc-7")).toEqual({ kind: "ambiguous", machineIds: [A, B] });
    expect(await list.ids("pc-7", {}, callerOf({ team: "red" }))).toEqual(["case-1"]);
    expect(await list.ids("pc-7", {}, callerOf({ team: "green" }))).toEqual([]);
  });

  it("are refused for a cursor of another list", async () => {
    const list = await listOf([], []);
    for (const cursor of ["page-2", cursorOf("1"), cursorOf([A, "1"])]) {
      expect(await list.ask(A, { cursor })).toEqual({ kind: "badCursor" });
    }
  });
});
