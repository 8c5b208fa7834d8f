import { describe, expect, it } from "vitest";
import { createMemoryClock } from "../../local/memory/clock.ts";
import { countedLedger } from "../../local/memory/counted-ledger.ts";
import { createMemoryLedger } from "../../local/memory/ledger.ts";
import { createSeededRandom } from "../../local/memory/random.ts";
import {
  historyKey,
  historyOf,
  placeOfRun,
  RUNNING,
  runKey,
  runningKey,
  sequenceKey,
  summaryKey,
} from "../../shared/ledger/row/keys.ts";
import { runSchema, type RunRecord } from "../../shared/ledger/run/run.ts";
import { runChanges } from "../../shared/ledger/run/run-changes.ts";
import { summaryOf, summarySchema } from "../../shared/ledger/run/summary.ts";
import { insertion } from "../../shared/ledger/sequence/rows.ts";
import { mendSummaries } from "../../shared/store/mend-summaries.ts";
import { aRun } from "../ledger/a-run.ts";
import { aSequence, RUN_ID, START_MS } from "../ledger/a-sequence.ts";

const HOURS_MS = 3_600_000;
const PLACE = placeOfRun(START_MS, RUN_ID);

function begun() {
  const memory = createMemoryLedger();
  const clock = createMemoryClock({ startMs: START_MS });
  let requests = 0;
  const ledger = countedLedger(memory, () => (requests += 1));
  const logged: string[] = [];
  const log = (_: string, event: string) => void logged.push(event);
  const ports = { ledger, clock, random: createSeededRandom(1), log };
  const run = async (): Promise<RunRecord> =>
    runSchema.parse((await memory.read(runKey(RUN_ID)))?.body);
  const summary = async () => summarySchema.parse((await memory.read(summaryKey(PLACE)))?.body);
  /** As a version writes it that knows no summaries. */
  const writeRun = async (body: unknown) => {
    const op = (await memory.read(runKey(RUN_ID))) === null ? "insert" : "replace";
    await memory.commit([{ op, key: runKey(RUN_ID), body, etag: "*" }]);
  };
  return { memory, clock, ports, logged, run, summary, writeRun, requests: () => requests };
}

/** A run as an older version of the app left it. */
function older(overrides: Partial<RunRecord>) {
  const { tally: _tally, summary: _summary, ...rest } = aRun(overrides);
  return rest;
}

const ENDED = aSequence({ state: "cancelled", place: null, endedAtMs: START_MS });

describe("mending summaries", () => {
  it("writes those that an old ledger lacks, and counts the sequences", async () => {
    const { memory, ports, run, summary, writeRun, logged } = begun();
    await writeRun(older({ accepted: 1, open: 1 }));
    await memory.commit(insertion(aSequence()));
    expect(await mendSummaries(ports)).toBe(1);
    expect(await summary()).toEqual(summaryOf(await run()));
    expect((await summary()).tally).toMatchObject([{ accepted: 1, ended: [] }]);
    expect(await memory.read(runningKey(PLACE))).not.toBeNull();
    expect(logged).toEqual(["summariesMended"]);
  });

  it("writes anew what an older version has let grow old", async () => {
    const { memory, clock, ports, run, summary, writeRun } = begun();
    await memory.commit([...runChanges(null, aRun({ accepted: 1, open: 1 })), ...insertion(ENDED)]);
    expect(await mendSummaries(ports)).toBe(1);
    await writeRun({ ...(await run()), open: 0, finishedAtMs: START_MS + 5 });
    expect((await summary()).finishedAtMs).toBeNull();
    await clock.advanceTo(START_MS + 7 * HOURS_MS);
    expect(await mendSummaries(ports)).toBe(1);
    expect(await summary()).toMatchObject({ finishedAtMs: START_MS + 5, open: 0 });
    const ended = [{ state: "cancelled", code: null, count: 1 }];
    expect((await summary()).tally).toMatchObject([{ accepted: 1, ended }]);
    expect(await memory.list(RUNNING.from, RUNNING.before, 10)).toEqual([]);
  });

  it("writes anew what an older version has changed without an end: here a pause", async () => {
    const { memory, clock, ports, run, summary, writeRun } = begun();
    await memory.commit(runChanges(null, aRun({ accepted: 0, open: 0, tally: [] })));
    expect(await mendSummaries(ports)).toBe(0);
    const paused = { why: "3 of 5 failed", atMs: START_MS };
    const gate = { state: "paused", wave: 0, held: 0, done: 5, failed: 3, maxFailedShare: 0.5 };
    await writeRun({ ...(await run()), gate: { ...gate, paused } });
    await clock.advanceTo(START_MS + 7 * HOURS_MS);
    expect(await mendSummaries(ports)).toBe(1);
    expect((await summary()).paused).toEqual(paused);
  });

  it.each([
    ["lost", true],
    ["left over", false],
  ])("finds a row among the running ones that was %s", async (_, isLost) => {
    const { memory, ports, run } = begun();
    const { tally: _tally, ...counted } = aRun({ accepted: 0, open: 0 });
    const whole = { ...counted, tally: [], finishedAtMs: isLost ? null : START_MS };
    await memory.commit(runChanges(null, whole));
    const key = runningKey(PLACE);
    const body = summaryOf(await run());
    const tampered = isLost
      ? ({ op: "delete", key, etag: "*" } as const)
      : ({ op: "insert", key, body } as const);
    await memory.commit([tampered]);
    expect(await mendSummaries(ports)).toBe(1);
    expect((await memory.read(key)) === null).toBe(!isLost);
  });

  it("costs one read once all is right, for six hours", async () => {
    const { memory, clock, ports, requests } = begun();
    await memory.commit(runChanges(null, aRun({ finishedAtMs: START_MS })));
    expect(await mendSummaries(ports)).toBe(0);
    const before = requests();
    await clock.advanceTo(START_MS + 6 * HOURS_MS - 1);
    expect(await mendSummaries(ports)).toBe(0);
    expect(requests() - before).toBe(1);
    await clock.advanceTo(START_MS + 6 * HOURS_MS);
    await mendSummaries(ports);
    expect(requests() - before).toBeGreaterThan(2);
  });

  it("goes on where it ended, with a bounded number in one go", async () => {
    const { memory, ports } = begun();
    const ids = Array.from({ length: 1_050 }, (_, n) => `r${String(n).padStart(19, "0")}`);
    for (const runId of ids) {
      const body = older({ runId, accepted: 0, open: 0 });
      await memory.commit([{ op: "insert", key: runKey(runId), body }]);
    }
    expect(await mendSummaries(ports)).toBe(1_000);
    expect(await mendSummaries(ports)).toBe(50);
    expect(await memory.list(RUNNING.from, RUNNING.before, 1_000)).toHaveLength(1_000);
  });

  it("writes the history of the machines of such a run, but not of what only waits", async () => {
    const { memory, ports, writeRun } = begun();
    await writeRun(older({ accepted: 2, open: 1 }));
    const waiting = aSequence({ sequenceId: `${RUN_ID}.b`, machineId: "b".repeat(40) });
    await memory.commit([...insertion(ENDED), ...insertion(waiting)]);
    await mendSummaries(ports);
    const { machineId, acceptedAtMs, sequenceId } = ENDED;
    const { from, before } = historyOf(machineId);
    const rows = await memory.list(from, before, 10);
    expect(rows.map(({ key }) => key)).toEqual([historyKey(machineId, acceptedAtMs, sequenceId)]);
    const other = historyOf(waiting.machineId);
    expect(await memory.list(other.from, other.before, 10)).toEqual([]);
  });

  it("leaves a run alone while it cannot count its sequences", async () => {
    const { memory, clock, ports, summary, writeRun } = begun();
    await writeRun(older({ accepted: 1, open: 1 }));
    await memory.commit([{ op: "insert", key: sequenceKey(`${RUN_ID}.a`), body: { v: 2 } }]);
    expect(await mendSummaries(ports)).toBe(1);
    expect((await summary()).tally).toBeNull();
    await clock.advanceTo(START_MS + 7 * HOURS_MS);
    expect(await mendSummaries(ports)).toBe(0);
  });
});
