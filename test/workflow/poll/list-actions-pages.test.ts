import { describe, expect, it } from "vitest";
import { createMemoryBells } from "../../../local/memory/bells.ts";
import { createMemoryClock } from "../../../local/memory/clock.ts";
import { createMemoryLedger } from "../../../local/memory/ledger.ts";
import { createSeededRandom } from "../../../local/memory/random.ts";
import { insertion } from "../../../shared/ledger/sequence/rows.ts";
import { FIRST_BUDGET } from "../../../shared/limits/pace/budget.ts";
import { sessionOf } from "../../../shared/limits/pace/session.ts";
import type { Defender } from "../../../shared/ports.ts";
import { budgetChange, loadBudget, loadReads } from "../../../shared/store/load.ts";
import { poll } from "../../../shared/workflow/poll/poll.ts";
import { anActionOf, aSubmitted, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting } from "../accepting.ts";

const RECORD = aSubmitted();
const LIMITS = { ...someLimits(), readsPerMinute: 100, readsPerHour: 1_500, pollMs: 15_000 };
const prepare: Defender["prepare"] = async () => ({ kind: "answered", value: null });
const listPending: Defender["listPending"] = async () => ({ kind: "answered", value: [] });
/** How long a page keeps the next list away, at 0.3 of 1,500 calls an hour. */
const PAGE_MS = 8_000;

/** An app with one open sequence, whose list has so many pages; how many calls that took. */
async function openApp(pages: number) {
  const ledger = createMemoryLedger();
  const budget = { ...FIRST_BUDGET, sessions: [sessionOf(RECORD)] };
  await ledger.commit([...insertion(RECORD), budgetChange({ value: budget, etag: null }, budget)]);
  const clock = createMemoryClock({ startMs: START_MS + 60_000 });
  let calls = 0;
  const listActions: Defender["listActions"] = async (_, payPage) => {
    calls += 1;
    for (let page = 1; page < pages; page += 1) {
      if (!(await payPage())) return { kind: "unavailable", detail: "unpaid" };
      calls += 1;
    }
    return { kind: "answered", value: [anActionOf(RECORD, "InProgress")] };
  };
  const { defender } = startAccepting().ports;
  const ports = {
    ledger,
    bells: createMemoryBells({ nowMs: () => clock.nowMs() }),
    clock,
    random: createSeededRandom(1),
    log: () => {},
    defender: { ...defender, prepare, listActions, listPending },
  };
  return {
    pass: async (ms: number) => await clock.advanceTo(clock.nowMs() + ms),
    poll: async () => await poll(ports, LIMITS, "poller"),
    calls: () => calls,
    budget: async () => (await loadBudget(ledger)).value,
    /** Calls of lists that the row of spent calls knows; the first page of each is not in it. */
    spent: async () => {
      const { list } = (await loadReads(ledger)).value;
      return list.minute.reduce((sum, [, count]) => sum + count, 0);
    },
  };
}

describe("a list of several pages", () => {
  it("costs nothing more while it has one", async () => {
    const app = await openApp(1);
    const before = await app.spent();
    expect(await app.poll()).toMatchObject({ listed: true, restMs: LIMITS.pollMs / 3 });
    expect([app.calls(), (await app.spent()) - before]).toEqual([1, 1]);
    expect((await app.budget()).listPages).toBe(1);
  });

  it("pays for each further page, and is asked for as much more seldom", async () => {
    const app = await openApp(10);
    await app.poll();
    expect([app.calls(), await app.spent()]).toEqual([10, 9 + 1]);
    await app.pass(PAGE_MS * 10 - 5_000);
    expect(await app.poll()).toMatchObject({ listed: false });
    await app.pass(5_000);
    expect(await app.poll()).toMatchObject({ listed: true, restMs: PAGE_MS * 10 });
    expect(app.calls()).toBe(20);
  });

  it("is no list if a page cannot be paid, and waits as long as its pages take", async () => {
    const app = await openApp(60);
    await app.poll();
    const { listedAtMs, listPages } = await app.budget();
    expect([listedAtMs, app.calls(), listPages]).toEqual([0, 40, 41]);
  });
});
