import { describe, expect, it } from "vitest";
import { countedLedger } from "../../../local/memory/counted-ledger.ts";
import { createMemoryLedger } from "../../../local/memory/ledger.ts";
import type { Caller } from "../../../shared/access/caller.ts";
import { attentionSchema } from "../../../shared/api/run-answers.ts";
import { deadKey, RATE_TOKEN_KEY } from "../../../shared/ledger/row/keys.ts";
import { runChanges } from "../../../shared/ledger/run/run-changes.ts";
import type { RunRecord } from "../../../shared/ledger/run/run.ts";
import { FIRST_BUDGET, type Budget } from "../../../shared/limits/pace/budget.ts";
import { runIdOf } from "../../../shared/plan/identity.ts";
import type { PoisonQueues } from "../../../shared/ports.ts";
import { stopRound } from "../../../shared/workflow/sweep/steer-round.ts";
import { describeAttention } from "../../../shared/workflow/view/describe-attention.ts";
import { DEFINITION, startSweeping } from "../sweep/sweeping.ts";
import { callersOf, keyHash } from "../../access/callers.ts";
import { ofEveryTeam } from "../../access/reaching.ts";
import { aRun } from "../../ledger/a-run.ts";
import { START_MS } from "../../ledger/a-sequence.ts";

const CHIEF = ofEveryTeam("chief");
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

function mateOf(team: string, ...more: readonly string[]): Caller {
  const may = ["run.read", ...more];
  const [caller] = callersOf([{ name: "mate", team, key: keyHash("k"), may }]);
  if (caller === undefined) throw new Error("there is no caller");
  return caller;
}

function run(number: number, over: Partial<RunRecord> = {}): RunRecord {
  const incidentId = `case-${number}`;
  const runId = runIdOf({ source: "generic", incidentId, again: null, team: null });
  const requestedAtMs = START_MS - HOUR_MS + number;
  return aRun({ runId, incidentId, requestedAtMs, team: "red", ...over });
}

const GATE = { wave: 0, held: 0, done: 5, failed: 3, maxFailedShare: 0.5 };

function paused(atMs: number): Partial<RunRecord> {
  return { gate: { ...GATE, state: "paused", paused: { why: "3 of 5 failed", atMs } } };
}

function approval(expiresAtMs: number): Partial<RunRecord> {
  const asked = { needed: 1, requesters: [], given: [], granted: null };
  return { approval: { ...asked, expiresAtMs } };
}

function failed(code: string, count: number, finishedAtMs: number | null): Partial<RunRecord> {
  const open = finishedAtMs === null ? 1 : 0;
  const ended = [{ state: "failed" as const, code, count }];
  const tally = [{ profile: "p", accepted: count + open, ended }];
  return { accepted: count + open, open, finishedAtMs, tally };
}

/** A run that is over, so many of which failed; with more in that end, and beside it. */
function over(code: string, count: number, more: object = {}, beside: object = {}) {
  const ended = [{ state: "failed" as const, code, count, ...more }];
  const tally = [{ profile: "p", accepted: count, ended, ...beside }];
  return { accepted: count, open: 0, finishedAtMs: START_MS, tally };
}

const now = () => START_MS;

async function attentionOf(
  runs: readonly RunRecord[],
  budget: Partial<Budget> | { v: 2 } = {},
  dead: readonly string[] = [],
  given: Awaited<ReturnType<PoisonQueues["count"]>> = [],
) {
  const memory = createMemoryLedger();
  for (const each of runs) await memory.commit(runChanges(null, each));
  const body = { ...FIRST_BUDGET, ...budget };
  await memory.commit([{ op: "insert", key: RATE_TOKEN_KEY, body }]);
  for (const [index, runId] of dead.entries()) {
    const notice = { v: 1, noticeId: `msg_${index}`, runId, targetId: "t", event: "run.finished" };
    const last = { sequenceId: null, atMs: 1, tries: 9, said: "500", host: "h", diedAtMs: 1 };
    const key = deadKey(runId, notice.noticeId);
    await memory.commit([{ op: "insert", key, body: { ...notice, ...last } }]);
  }
  let requests = 0;
  const ledger = countedLedger(memory, () => (requests += 1));
  const clock = { earliest: now, latest: now, monotonicMs: now, sleep: async () => undefined };
  const poison = { count: () => Promise.resolve(given) };
  const view = async (caller = CHIEF, sinceMs: number | null = null) => {
    requests = 0;
    const { items } = await describeAttention({ ledger, clock, poison }, null, caller, sinceMs);
    return attentionSchema.parse({ items }).items;
  };
  const codes = async (caller = CHIEF, sinceMs: number | null = null) =>
    (await view(caller, sinceMs)).map(({ code }) => code);
  return { view, codes, requests: () => requests };
}

describe("what wants a person", () => {
  it("has what the host has given up, and what to do; nothing if nobody can say", async () => {
    const given = [
      { queue: "results-poison", count: 1 },
      { queue: "callbacks-poison", count: 2 },
    ];
    const { view } = await attentionOf([run(1, failed("x", 1, null))], {}, [], given);
    const [poison, failure] = await view();
    const detail = "1 in results-poison, 2 in callbacks-poison";
    expect([poison, failure?.code]).toMatchObject([{ code: "poison", count: 3, detail }, "x"]);
    expect(poison?.nextStep?.step).toContain("docs/runbooks/poison.md");
    expect(await (await attentionOf([], {}, [], null)).codes()).toEqual([]);
  });

  it("names the machine on which the newest run failed last, also for its id", async () => {
    const last = { sequenceId: "s", machineId: "a".repeat(40), machineName: "pc-7" };
    const mended = [{ state: "failed" as const, code: "mended", count: 1 }];
    const { view } = await attentionOf([
      run(2, over("once", 1, { last })),
      run(1, over("once", 1)),
      run(3, over("mended", 6, { last }, { mended })),
    ]);
    const [six, once] = await view();
    expect(once).toMatchObject({ code: "once", count: 2, ...last });
    expect(six).toMatchObject({ code: "mended", count: 5, machineId: null });
  });

  it("is nothing while all goes well", async () => {
    const { codes } = await attentionOf([run(1), run(2, { finishedAtMs: START_MS })]);
    expect(await codes()).toEqual([]);
  });

  it("comes in the order of its urgency, each with what to do", async () => {
    const { view } = await attentionOf(
      [
        run(1, failed("commandFailed", 2, START_MS)),
        run(2, failed("notReached", 3, null)),
        run(3, failed("commandFailed", 2, null)),
        run(4, paused(START_MS - 1)),
        run(5, approval(START_MS + 2)),
        run(6, approval(START_MS + 1)),
        run(7, paused(START_MS - 2)),
      ],
      {
        paused: { by: "op", why: "a look first", atMs: START_MS },
        door: { ...FIRST_BUDGET.door, closedUntilMs: START_MS + 1 },
        setAside: [{ key: "run!x", why: "it has version 2", sinceMs: START_MS }],
      },
      [run(1).runId, run(9).runId],
    );
    const items = await view();
    expect(items.map(({ code, incidentId, count }) => [code, incidentId, count])).toEqual([
      ["paused", null, null],
      ["approval", "case-6", null],
      ["approval", "case-5", null],
      ["runPaused", "case-7", null],
      ["runPaused", "case-4", null],
      ["rowSetAside", null, 1],
      ["commandFailed", "case-3", 4],
      ["notReached", "case-2", 3],
      ["callbackDead", "case-1", 2],
      ["throttled", null, null],
    ]);
    expect(items.filter(({ nextStep }) => nextStep === null)).toEqual([]);
    expect(items[1]?.until).toBe(new Date(START_MS + 1).toISOString());
    expect(items[5]?.detail).toContain("run!x");
    expect(items[6]?.detail).toBe("sequences of 2 runs; the newest is generic case-3");
  });

  it("has failures of the last day, or since when it is asked, and all of running runs", async () => {
    const { codes } = await attentionOf([
      run(1, failed("commandFailed", 1, START_MS - DAY_MS - 1)),
      run(2, failed("expired", 1, START_MS - DAY_MS)),
      run(3, failed("notReached", 1, null)),
    ]);
    expect((await codes()).toSorted()).toEqual(["expired", "notReached"]);
    expect(await codes(CHIEF, START_MS)).toEqual(["notReached"]);
    expect(await codes(CHIEF, START_MS - 2 * DAY_MS)).toHaveLength(3);
  });

  it("says nothing to a team of the runs of another, but all that is about the queue", async () => {
    const budget = {
      paused: { by: "op", why: "x", atMs: START_MS },
      setAside: [{ key: "run!x", why: "v2", sinceMs: START_MS }],
    };
    const runs = [run(1, failed("expired", 1, null)), run(2, approval(START_MS + 1))];
    const { view, codes } = await attentionOf(runs, budget, [run(1).runId]);
    expect(await codes(mateOf("blue"))).toEqual(["paused", "rowSetAside"]);
    const rows = (await view(mateOf("blue"))).find(({ code }) => code === "rowSetAside");
    expect(rows).toMatchObject({ count: 1, detail: "" });
    expect(await codes(mateOf("red"))).toEqual([
      "paused",
      "approval",
      "rowSetAside",
      "expired",
      "callbackDead",
    ]);
  });

  it("has no step for a code that lrq does not know", async () => {
    const { view } = await attentionOf([run(1, failed("BrandNewCode", 1, null))]);
    expect(await view()).toMatchObject([{ code: "BrandNewCode", nextStep: null, count: 1 }]);
  });

  it("says that no list came for long while actions are open, and only then", async () => {
    const sessions = [{ sequenceId: "s", machineId: "m" }];
    const listedAtMs = START_MS - 900_000;
    const late = await attentionOf([], { sessions, listedAtMs });
    expect(await late.view()).toMatchObject([{ code: "noList", count: 1 }]);
    const young = await attentionOf([], { sessions, listedAtMs: listedAtMs + 1 });
    expect(await young.codes()).toEqual([]);
    const idle = await attentionOf([], { listedAtMs });
    expect(await idle.codes()).toEqual([]);
  });

  it("says that the budget cannot be read, and everything about runs all the same", async () => {
    const { codes } = await attentionOf([run(1, paused(START_MS))], { v: 2 });
    expect(await codes()).toEqual(["setAside", "runPaused"]);
  });

  it("takes five requests at most", async () => {
    const many = Array.from({ length: 1_000 }, (_, n) => run(n, approval(START_MS + 1)));
    const { view, requests } = await attentionOf(many);
    expect(await view()).toHaveLength(1_000);
    expect(requests()).toBeLessThanOrEqual(5);
    for (const mate of [mateOf("red"), mateOf("red", "sweep.read")]) {
      expect(await view(mate)).toHaveLength(1_000);
      expect(requests()).toBeLessThanOrEqual(5);
    }
  });

  it("has rounds that paused themselves or fell short, for those who may see the sweep", async () => {
    const sweeping = startSweeping(100);
    const { ports } = sweeping;
    const poison = { count: () => Promise.resolve([]) };
    const ofSweeps = async (caller: Caller) => {
      const { items } = await describeAttention({ ...ports, poison }, null, caller, null);
      return items.filter(({ code }) => code.startsWith("round"));
    };
    const chief: Caller = { ...CHIEF, may: [...CHIEF.may, "sweep.read"] };
    await sweeping.apply({ ...DEFINITION, pauseAfter: { failedShare: 0.2, of: 5 } });
    await sweeping.start();
    await sweeping.ticks(6);
    await sweeping.endAll(() => "failed");
    await sweeping.ticks(2);
    expect(await ofSweeps(chief)).toMatchObject([{ code: "roundPaused", runId: null }]);
    const steering = { name: DEFINITION.name, number: 1, by: "hunter" };
    await stopRound(ports, sweeping.settings.limits, steering, true);
    await sweeping.ticks(3);
    const detail = "round 1 of triage reached 0 of 100 machines";
    const short = { code: "roundShort", detail, count: 100 };
    expect(await ofSweeps(chief)).toMatchObject([short]);
    expect(await ofSweeps(mateOf("hunter", "sweep.read"))).toMatchObject([short]);
    expect(await ofSweeps(mateOf("red", "sweep.read"))).toEqual([]);
    expect(await ofSweeps(mateOf("hunter"))).toEqual([]);
  });
});
