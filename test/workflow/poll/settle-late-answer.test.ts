import { describe, expect, it } from "vitest";
import { createMemoryClock } from "../../../local/memory/clock.ts";
import { createMemoryLedger } from "../../../local/memory/ledger.ts";
import { createSeededRandom } from "../../../local/memory/random.ts";
import { claim, giveBack, loseAnswer } from "../../../shared/ledger/sequence/moves.ts";
import { insertion, type Stored } from "../../../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import type { SubmissionAnswer } from "../../../shared/ledger/sequence/submission.ts";
import { FIRST_BUDGET, reserve, type Budget } from "../../../shared/limits/pace/budget.ts";
import { sessionOf } from "../../../shared/limits/pace/session.ts";
import { budgetChange, loadBudget, loadSequence } from "../../../shared/store/load.ts";
import { settle } from "../../../shared/workflow/submit/record-answers.ts";
import { aClaimed, aSequence, SEQUENCE_ID, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";

const NOW_MS = START_MS + 200_000;

/** What stands when the answer to the POST of `claimed` is recorded over `stored`. */
async function settled(
  claimed: Stored<SequenceRecord>,
  answer: SubmissionAnswer,
  { stored, budget }: { stored: SequenceRecord; budget: Budget },
) {
  const ledger = createMemoryLedger();
  const first = await ledger.commit([
    ...insertion(stored),
    budgetChange({ value: budget, etag: null }, budget),
  ]);
  if (first.kind !== "committed") throw new Error("nothing stands");
  const own = (await loadSequence(ledger, SEQUENCE_ID))?.etag ?? "";
  const ports = {
    ledger,
    clock: { ...createMemoryClock({ startMs: NOW_MS }), sleep: async () => {} },
    random: createSeededRandom(1),
    log: () => {},
  };
  const current = claimed.etag === "" ? { ...claimed, etag: own } : claimed;
  const answered = { claimed: current, answer, latestMs: NOW_MS };
  await settle(ports, someLimits(), [answered]);
  return {
    record: (await loadSequence(ledger, SEQUENCE_ID))?.value,
    budget: (await loadBudget(ledger)).value,
  };
}

const budgetOf = (record: SequenceRecord): Budget =>
  reserve(FIRST_BUDGET, sessionOf(record), START_MS);

describe("the answer to a POST that was given up meanwhile", () => {
  const first = claim(aSequence(), START_MS);
  const second = claim(giveBack(loseAnswer(first), { kind: "ready" }, null), START_MS + 190_000);

  it.each([
    { kind: "accepted", actionId: "action-1", comment: null },
    { kind: "throttled", retryAfterMs: 1_000 },
    { kind: "machineBusy" },
    { kind: "unknown", detail: "no answer" },
    { kind: "unauthorized", detail: "the token is too old" },
  ] as const)("says nothing of the next one, be it $kind", async (answer) => {
    const claimed = { value: first, etag: "of an attempt before" };
    const after = await settled(claimed, answer, { stored: second, budget: budgetOf(second) });
    expect(after.record).toEqual(second);
    expect(after.budget.sessions).toEqual([sessionOf(second)]);
  });
});

describe("a door that is closed", () => {
  const claimed = aClaimed();
  const closed = { ...FIRST_BUDGET.door, closedUntilMs: NOW_MS - 1, step: 3, untried: true };
  const budget = { ...budgetOf(claimed), door: closed };
  const after = async (answer: SubmissionAnswer) =>
    (await settled({ value: claimed, etag: "" }, answer, { stored: claimed, budget })).budget.door;

  it("stays as it is when the answer to the one try is lost, and untried if none left", async () => {
    expect(await after({ kind: "unknown", detail: "no answer" })).toEqual(closed);
    expect(await after({ kind: "notSent", detail: "too late" })).toMatchObject({ untried: true });
  });

  it("is opened by any answer that came through", async () => {
    const open = { ...closed, step: 0, untried: false };
    expect(await after({ kind: "accepted", actionId: "action-1", comment: null })).toEqual(open);
    expect(await after({ kind: "machineBusy" })).toEqual(open);
  });
});
