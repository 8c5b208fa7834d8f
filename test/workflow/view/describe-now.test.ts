import { describe, expect, it } from "vitest";
import { countedLedger } from "../../../local/memory/counted-ledger.ts";
import { createMemoryLedger } from "../../../local/memory/ledger.ts";
import { laterKey, RATE_TOKEN_KEY } from "../../../shared/ledger/row/keys.ts";
import { runChanges } from "../../../shared/ledger/run/run-changes.ts";
import { FIRST_BUDGET } from "../../../shared/limits/pace/budget.ts";
import type { RowChange } from "../../../shared/ledger/sequence/rows.ts";
import { glanceAtNow } from "../../../shared/workflow/view/describe-now.ts";
import { ofEveryTeam } from "../../access/reaching.ts";
import { aRun } from "../../ledger/a-run.ts";
import { START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";

const CHIEF = ofEveryTeam("chief");
const MINUTE_MS = 60_000;

/** A ledger with these rows, what is seen of it, and how many requests that took. */
async function lookedAt(changes: readonly RowChange[], nowMs = START_MS, caller = CHIEF) {
  const memory = createMemoryLedger();
  for (const change of changes) await memory.commit([change]);
  let requests = 0;
  const ledger = countedLedger(memory, () => (requests += 1));
  const clock = { earliest: () => nowMs, latest: () => nowMs, monotonicMs: () => 0 };
  const ports = { ledger, clock: { ...clock, sleep: async () => undefined } };
  const settings = { limits: someLimits(), library: null };
  return { glance: await glanceAtNow(ports, settings, caller), requests };
}

const budget = (over: object = {}): RowChange => {
  return { op: "insert", key: RATE_TOKEN_KEY, body: { ...FIRST_BUDGET, ...over } };
};
const parked = (number: number): RowChange => {
  return { op: "insert", key: laterKey(START_MS, `run.${number}`), body: { v: 1 } };
};

describe("a glance at what the page shows", () => {
  it("takes two requests, and is the same while nothing changes", async () => {
    const first = await lookedAt([budget(), parked(1)]);
    const second = await lookedAt([budget(), parked(1)], START_MS + 1_000);
    expect(first).toEqual({ glance: expect.any(String), requests: 2 });
    expect(second.glance).toBe(first.glance);
  });

  it.each([
    ["something is parked", [budget(), parked(1), parked(2)]],
    ["a run begins", [budget(), parked(1), ...runChanges(null, aRun())]],
    ["a call is used", [budget({ slots: [{ atMs: START_MS, id: "a" }] }), parked(1)]],
  ])("is another one after %s", async (_, changes) => {
    const before = await lookedAt([budget(), parked(1)]);
    expect((await lookedAt(changes)).glance).not.toBe(before.glance);
  });

  it("is another one for another caller, and some minutes later", async () => {
    const before = await lookedAt([budget()]);
    const others = await Promise.all([
      lookedAt([budget()], START_MS, ofEveryTeam("another")),
      lookedAt([budget()], START_MS + 5 * MINUTE_MS),
    ]);
    expect(others.map(({ glance }) => glance === before.glance)).toEqual([false, false]);
  });

  it("is none if there is more than one page shows, or the budget cannot be read", async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => parked(index));
    const unreadable: RowChange = { op: "insert", key: RATE_TOKEN_KEY, body: { v: 99 } };
    expect((await lookedAt(many)).glance).toBeNull();
    expect((await lookedAt([unreadable])).glance).toBeNull();
  });
});
