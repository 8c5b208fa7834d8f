import { describe, expect, it } from "vitest";
import { createMemoryClock } from "../../local/memory/clock.ts";
import { createMemoryLedger } from "../../local/memory/ledger.ts";
import { createSeededRandom } from "../../local/memory/random.ts";
import { insertion } from "../../shared/ledger/rows.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence.ts";
import { loadBudget, loadSequence } from "../../shared/workflow/load.ts";
import { settleOrphans } from "../../shared/workflow/settle-orphans.ts";
import { anActionOf, aSequence, SEQUENCE_ID, START_MS } from "../ledger/a-sequence.ts";
import { someLimits } from "../limits/some-limits.ts";
import { startAccepting } from "./accepting.ts";

/** What a list with an open action of the record's last attempt leads to. */
async function settled(record: SequenceRecord) {
  const ledger = createMemoryLedger();
  await ledger.commit(insertion(record));
  const cancelled: string[] = [];
  const ports = {
    ledger,
    clock: createMemoryClock({ startMs: START_MS }),
    random: createSeededRandom(1),
    log: () => {},
    defender: {
      ...startAccepting().ports.defender,
      cancelAction: async (actionId: string) => {
        cancelled.push(actionId);
        return { kind: "answered", value: null } as const;
      },
    },
  };
  const held = { stored: await loadBudget(ledger) };
  const listed = [anActionOf(record, "Pending")];
  await settleOrphans(ports, someLimits(), listed, held);
  const stands = await loadSequence(ledger, SEQUENCE_ID);
  return { state: stands?.value.state, actionId: stands?.value.actionId, cancelled };
}

const GIVEN_UP = aSequence({ attempt: 1, claimedAtMs: START_MS });

describe("an open action that no open sequence speaks of", () => {
  it("is taken by the sequence that waits with the attempt it was made for", async () => {
    expect(await settled(GIVEN_UP)).toEqual({
      state: "submitted",
      actionId: "action-1",
      cancelled: [],
    });
  });

  it("is left alone if the sequence has seen it end since the list was asked for", async () => {
    const over = { ...GIVEN_UP, actionStatus: "Cancelled", offlineTimes: 1 };
    expect(await settled(over)).toEqual({ state: "waiting", actionId: null, cancelled: [] });
  });
});
