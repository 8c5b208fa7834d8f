import { describe, expect, it } from "vitest";
import { createMemoryLedger } from "../../../local/memory/ledger.ts";
import { countedLedger } from "../../../local/memory/counted-ledger.ts";
import type { Caller } from "../../../shared/access/caller.ts";
import { cursorOf } from "../../../shared/ledger/row/cursor.ts";
import { summaryKey } from "../../../shared/ledger/row/keys.ts";
import { runChanges } from "../../../shared/ledger/run/run-changes.ts";
import type { RunRecord } from "../../../shared/ledger/run/run.ts";
import { runIdOf } from "../../../shared/plan/identity.ts";
import {
  listRuns,
  type RunsAsked,
  type RunsPage,
} from "../../../shared/workflow/view/list-runs.ts";
import { callersOf, keyHash } from "../../access/callers.ts";
import { ofEveryTeam } from "../../access/reaching.ts";
import { aRun } from "../../ledger/a-run.ts";
import { START_MS } from "../../ledger/a-sequence.ts";

const CHIEF = ofEveryTeam("chief");
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

const OVER = { open: 0, finishedAtMs: START_MS };

async function listOf(runs: readonly RunRecord[]) {
  const memory = createMemoryLedger();
  for (const each of runs) await memory.commit(runChanges(null, each));
  let requests = 0;
  const ledger = countedLedger(memory, () => (requests += 1));
  const clock = { earliest: () => START_MS, latest: () => START_MS, monotonicMs: () => 0 };
  const ports = { ledger, clock: { ...clock, sleep: async () => undefined } };
  const page = async (asked: Partial<RunsAsked>, caller = CHIEF): Promise<RunsPage> => {
    const found = await listRuns(ports, caller, { ...ALL, ...asked });
    if (found === null) throw new Error("its own cursor is none of the list");
    return found;
  };
  const ids = async (asked: Partial<RunsAsked> = {}, caller = CHIEF): Promise<string[]> =>
    (await page(asked, caller)).runs.map(({ incidentId }) => incidentId);
  /** All pages, and the most requests that one of them took. */
  const pages = async (asked: Partial<RunsAsked>, caller = CHIEF) => {
    const all: string[] = [];
    let most = 0;
    for (let cursor: string | null = null, at = 0; at < 50; at += 1) {
      requests = 0;
      const found: RunsPage = await page({ ...asked, cursor }, caller);
      most = Math.max(most, requests);
      all.push(...found.runs.map(({ incidentId }) => incidentId));
      if (found.next === null) return { all, most };
      cursor = found.next;
    }
    throw new Error("the list has no end");
  };
  return { memory, ports, page, ids, pages };
}

function cases(from: number, to: number): string[] {
  return Array.from({ length: from - to + 1 }, (_, index) => `case-${from - index}`);
}

describe("the list of runs", () => {
  it("has the newest first, page by page, each run once", async () => {
    const list = await listOf(Array.from({ length: 25 }, (_, n) => run(n)));
    expect(await list.pages({ limit: 10 })).toEqual({ all: cases(24, 0), most: 1 });
    expect((await list.page({ limit: 25 })).next).toBeNull();
  });

  it("merges the runs of a team with those that belong to every team", async () => {
    const runs = Array.from({ length: 30 }, (_, n) =>
      run(n, { team: ["red", null, "blue"][n % 3] ?? null }),
    );
    const list = await listOf(runs);
    const { all, most } = await list.pages({ limit: 4 }, callerOf({ team: "red" }));
    expect(all).toEqual(cases(29, 0).filter((id) => Number(id.slice(5)) % 3 !== 2));
    expect(most).toBe(2);
  });

  it("shows the sources that the caller may use, and runs with a profile that it may use", async () => {
    const ended = [{ state: "failed" as const, code: "commandFailed", count: 1 }];
    const tally = [
      { profile: "windows", accepted: 2, ended },
      { profile: "unix", accepted: 1, ended: [] },
    ];
    const list = await listOf([
      run(1, { accepted: 3, open: 2, tally }),
      run(2, { source: "jira" }),
      run(3, { accepted: 1, open: 1, tally: null }),
      run(4, { accepted: 1, open: 1, tally: tally.slice(1) }),
    ]);
    const jira = callerOf({ team: "red", sources: ["jira"] });
    expect(await list.ids({}, jira)).toEqual(["case-2"]);
    const windows = await list.page({}, callerOf({ team: "red", profiles: ["windows"] }));
    expect(windows.runs).toMatchObject([
      {
        incidentId: "case-1",
        counts: { total: 2, open: 1, failed: 1 },
        failures: { commandFailed: 1 },
      },
    ]);
    const unix = await list.page({}, callerOf({ team: "red", profiles: ["unix"] }));
    expect(unix.runs.map(({ incidentId }) => incidentId)).toEqual(["case-4", "case-1"]);
    expect(unix.runs[1]).toMatchObject({ counts: { total: 1, open: 1 }, failures: {}, needs: [] });
  });

  it("says that it does not know how sequences ended that an older version has ended", async () => {
    const list = await listOf([run(1, { accepted: 2, open: 1, tally: null })]);
    const [first] = (await list.page({})).runs;
    expect(first?.counts).toMatchObject({ total: 2, open: 1, succeeded: null, refused: null });
  });

  it("skips a summary that it cannot read", async () => {
    const list = await listOf([run(1), run(2)]);
    const row = list.memory.rows().find(({ key }) => key.startsWith(summaryKey("")));
    if (row === undefined) throw new Error("there is no summary");
    const odd = { op: "replace", key: row.key, body: { v: 2 }, etag: "*" } as const;
    await list.memory.commit([odd]);
    expect(await list.ids()).toEqual(["case-1"]);
  });
});

describe("a filter of the list", () => {
  it("chooses by state, time and source, all of them together", async () => {
    const list = await listOf([run(1, OVER), run(2), run(3, { source: "jira" }), run(4, OVER)]);
    expect(await list.ids({ state: "running" })).toEqual(["case-3", "case-2"]);
    expect(await list.ids({ state: "finished" })).toEqual(["case-4", "case-1"]);
    expect(await list.ids({ sinceMs: START_MS + 120_000 })).toEqual(["case-4", "case-3", "case-2"]);
    expect(await list.ids({ sinceMs: START_MS + 120_001 })).toEqual(["case-4", "case-3"]);
    expect(await list.ids({ source: "jira", state: "finished" })).toEqual([]);
    expect(await list.ids({ sinceMs: START_MS + 10 ** 9 })).toEqual([]);
  });

  it("does not show running runs of another team", async () => {
    const list = await listOf([run(1, { team: "blue" }), run(2), run(3, { team: null })]);
    const mate = callerOf({ team: "red" });
    expect(await list.ids({ state: "running" }, mate)).toEqual(["case-3", "case-2"]);
  });

  it("finds what needs a person, and says what", async () => {
    const gate = { wave: 0, held: 0, done: 5, failed: 3, maxFailedShare: 0.5 };
    const paused = { ...gate, state: "paused" as const, paused: { why: "x", atMs: START_MS } };
    const approval = { needed: 1, requesters: [], given: [], granted: null };
    const ended = [
      { state: "succeeded" as const, code: "scriptFailed", count: 2 },
      { state: "cancelled" as const, code: "cancelled", count: 1 },
    ];
    const failed = [{ profile: "p", accepted: 3, ended }];
    const cancelled = [{ profile: "p", accepted: 1, ended: ended.slice(1) }];
    const list = await listOf([
      run(1, { gate: paused }),
      run(2, { approval: { ...approval, expiresAtMs: START_MS + 1 } }),
      run(3, { approval: { ...approval, expiresAtMs: START_MS } }),
      run(4, { ...OVER, accepted: 3, tally: failed }),
      run(5, { ...OVER, accepted: 1, tally: cancelled }),
    ]);
    const { runs } = await list.page({ needsAttention: true });
    expect(runs.map(({ incidentId, needs }) => [incidentId, ...needs])).toEqual([
      ["case-4", "failed"],
      ["case-2", "approval"],
      ["case-1", "paused"],
    ]);
    expect(runs[0]?.failures).toEqual({ scriptFailed: 2 });
    expect(runs[1]?.approvalExpiresAt).toBe(new Date(START_MS + 1).toISOString());
  });

  it("does not find a run whose failures a retry has made good", async () => {
    const failed = { state: "failed" as const, code: "commandFailed", count: 2 };
    const ended = [failed, { state: "succeeded" as const, code: null, count: 2 }];
    const tally = (count: number) => [
      { profile: "p", accepted: 4, ended, mended: [{ ...failed, count }] },
    ];
    const list = await listOf([
      run(1, { ...OVER, accepted: 4, tally: tally(1) }),
      run(2, { ...OVER, accepted: 4, tally: tally(2) }),
    ]);
    expect(await list.ids({ needsAttention: true })).toEqual(["case-1"]);
    const [whole, half] = (await list.page({})).runs;
    expect(whole).toMatchObject({ needs: [], failures: {}, counts: { failed: 2, succeeded: 2 } });
    expect(half?.failures).toEqual({ commandFailed: 1 });
  });

  it("that few runs pass gives short pages, whose cursors go on to the end", async () => {
    const runs = Array.from({ length: 2_500 }, (_, n) =>
      run(n, n === 3 ? { ...OVER, source: "jira" } : OVER),
    );
    const list = await listOf(runs);
    const first = await list.page({ source: "jira" });
    expect([first.runs.length, first.next === null]).toEqual([0, false]);
    expect(await list.pages({ source: "jira" })).toEqual({ all: ["case-3"], most: 1 });
  });

  it("finds the runs of an incident however old, and once", async () => {
    const asked = { source: "generic" as const, incidentId: "case-0" };
    const of = (team: string) => runIdOf({ ...asked, again: null, team });
    const runs = Array.from({ length: 1_100 }, (_, n) => run(n));
    const own = run(-1, { runId: of("mate"), incidentId: "case-0", team: "mate" });
    const again = runIdOf({ ...asked, again: "nonce", team: null });
    const list = await listOf([...runs, own, run(2_000, { runId: again, incidentId: "case-0" })]);
    const everybody = await list.page(asked);
    expect(everybody.runs.map(({ runId }) => runId)).toEqual([again, run(0).runId]);
    const { all, most } = await list.pages(asked, callerOf({}));
    expect([all, most]).toEqual([["case-0"], 3]);
    expect((await list.pages(asked)).all).toEqual(["case-0", "case-0", "case-0"]);
  });

  it("refuses a cursor of something else", async () => {
    const { ports } = await listOf([run(1)]);
    for (const cursor of ["page-2", cursorOf("summary!1"), cursorOf({ in: "ready" })]) {
      expect(await listRuns(ports, CHIEF, { ...ALL, cursor })).toBeNull();
    }
  });
});
