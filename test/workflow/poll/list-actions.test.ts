import { describe, expect, it } from "vitest";
import { createMemoryBells } from "../../../local/memory/bells.ts";
import { createMemoryClock } from "../../../local/memory/clock.ts";
import { createMemoryLedger } from "../../../local/memory/ledger.ts";
import { createSeededRandom } from "../../../local/memory/random.ts";
import type { MachineAction } from "../../../shared/ledger/sequence/machine-action.ts";
import { giveBack, loseAnswer } from "../../../shared/ledger/sequence/moves.ts";
import { insertion } from "../../../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { FIRST_BUDGET, type Budget } from "../../../shared/limits/pace/budget.ts";
import { withLostOf } from "../../../shared/limits/pace/lost-posts.ts";
import { sessionOf } from "../../../shared/limits/pace/session.ts";
import type { Reply } from "../../../shared/ports.ts";
import { budgetChange, loadBudget } from "../../../shared/store/load.ts";
import { poll } from "../../../shared/workflow/poll/poll.ts";
import {
  aClaimed,
  anActionOf,
  aSequence,
  aSubmitted,
  HOUR_MS,
  START_MS,
} from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting } from "../accepting.ts";

const RECORD = aSubmitted();
const MINUTE_MS = 60_000;

/** A poll, `afterMs` after the start, of a tenant that lists this. */
async function polled(
  budget: Budget,
  records: readonly SequenceRecord[],
  listed: Reply<readonly MachineAction[]>,
  { afterMs, pending = [] }: { afterMs: number; pending?: readonly MachineAction[] },
) {
  const ledger = createMemoryLedger();
  await ledger.commit([
    ...records.flatMap(insertion),
    budgetChange({ value: budget, etag: null }, budget),
  ]);
  const sinceMs: number[] = [];
  const clock = createMemoryClock({ startMs: START_MS + afterMs });
  const ports = {
    ledger,
    bells: createMemoryBells({ nowMs: () => clock.nowMs() }),
    clock,
    random: createSeededRandom(1),
    log: () => {},
    defender: {
      ...startAccepting().ports.defender,
      prepare: async () => ({ kind: "answered", value: null }) as const,
      listActions: async (since: number) => {
        sinceMs.push(since);
        return listed;
      },
      listPending: async () => ({ kind: "answered", value: pending }) as const,
      getAction: async () => ({ kind: "unavailable", detail: "not asked" }) as const,
      machinesSeenSince: async () => ({ kind: "answered", value: [] }) as const,
    },
  };
  const report = await poll(ports, someLimits(), "poller");
  return { report, sinceMs, budget: (await loadBudget(ledger)).value };
}

const answered = (...value: readonly MachineAction[]) => ({ kind: "answered", value }) as const;
const own = anActionOf(RECORD, "Pending");
const foreign = (id: string, createdAtMs: number): MachineAction => ({
  ...own,
  id,
  comment: "by another product",
  createdAtMs,
});
const OPEN: Budget = { ...FIRST_BUDGET, sessions: [sessionOf(RECORD)] };

describe("the list that a poll asks for", () => {
  it("goes back beyond our oldest open claim, however old that is", async () => {
    const { sinceMs } = await polled(OPEN, [RECORD], answered(own), { afterMs: 5 * HOUR_MS });
    expect(sinceMs).toEqual([START_MS - 2 * MINUTE_MS]);
  });

  it("goes back an hour at least, for the sessions of others", async () => {
    const { sinceMs } = await polled(OPEN, [RECORD], answered(own), { afterMs: MINUTE_MS });
    expect(sinceMs).toEqual([START_MS + MINUTE_MS - HOUR_MS]);
  });
});

describe("sessions of others", () => {
  const old = foreign("old", START_MS - HOUR_MS);

  it("count once, young and old, whether a list shows the old ones too or not", async () => {
    const at = { afterMs: HOUR_MS, pending: [old, own] };
    const young = foreign("young", START_MS + MINUTE_MS);
    const first = await polled(OPEN, [RECORD], answered(own, young), at);
    expect(first.budget).toMatchObject({ foreign: 2, foreignOld: 1 });
    const again = await polled(first.budget, [RECORD], answered(own, young), {
      ...at,
      afterMs: at.afterMs + MINUTE_MS,
    });
    expect(again.budget).toMatchObject({ foreign: 2, foreignOld: 1 });
  });

  it.each([
    { kind: "unavailable", detail: "no answer" },
    { kind: "throttled", retryAfterMs: null },
    { kind: "refused", httpStatus: 403, code: "Forbidden", detail: "no" },
  ] as const)("stay counted when the list is $kind", async (failed) => {
    const counted = { ...OPEN, foreign: 5, foreignOld: 2, polledAtMs: START_MS + HOUR_MS };
    const { budget } = await polled(counted, [RECORD], failed, {
      afterMs: HOUR_MS + MINUTE_MS,
      pending: [old, foreign("older", START_MS - HOUR_MS)],
    });
    expect(budget).toMatchObject({ foreign: 5, foreignOld: 2 });
  });
});

describe("a POST that was given up", () => {
  const lost = loseAnswer(aClaimed());
  const given = giveBack(lost, { kind: "ready" }, null);
  const budget: Budget = { ...FIRST_BUDGET, lost: withLostOf([], lost, given, START_MS) };
  const over = aSequence({ state: "cancelled", place: null, attempt: 1, endedAtMs: START_MS });

  it("is looked for every minute, back to before its claim", async () => {
    const { report, sinceMs } = await polled(budget, [over], answered(), { afterMs: HOUR_MS });
    expect(report).toMatchObject({ listed: true, restMs: MINUTE_MS });
    expect(sinceMs).toEqual([START_MS - 2 * MINUTE_MS]);
  });
});
