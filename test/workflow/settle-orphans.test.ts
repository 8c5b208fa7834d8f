import { describe, expect, it } from "vitest";
import { giveBack } from "../../shared/ledger/moves.ts";
import { insertion } from "../../shared/ledger/rows.ts";
import type { SequenceRecord } from "../../shared/ledger/sequence.ts";
import { loadBudget, loadSequence } from "../../shared/workflow/load.ts";
import { settleOrphans } from "../../shared/workflow/settle-orphans.ts";
import { aClaimed, anActionOf, aSubmitted, SEQUENCE_ID, START_MS } from "../ledger/a-sequence.ts";
import { someLimits } from "../limits/some-limits.ts";
import { startAccepting } from "./accepting.ts";

/** What became of a waiting sequence when a list showed the action of its last attempt as open. */
async function afterList(record: SequenceRecord): Promise<SequenceRecord["state"] | undefined> {
  const { ports } = startAccepting();
  await ports.ledger.commit(insertion(record));
  const held = { stored: await loadBudget(ports.ledger) };
  const action = { ...anActionOf(record, "Pending"), id: "action-1" };
  await settleOrphans(ports, someLimits(), [action], held);
  return (await loadSequence(ports.ledger, SEQUENCE_ID))?.value.state;
}

describe("an open action of an attempt that was given up", () => {
  it("is taken as the sequence's own when its POST was never answered", async () => {
    const given = giveBack(aClaimed(), { kind: "ready" }, null);
    expect(await afterList(given)).toBe("submitted");
  });

  it("is not believed when it was seen to end because its machine was offline", async () => {
    const later = { kind: "later", dueAtMs: START_MS + 60_000 } as const;
    const reason = { code: "offline", sinceMs: START_MS, times: 1 } as const;
    expect(await afterList(giveBack(aSubmitted(), later, reason))).toBe("waiting");
    const released = giveBack(aSubmitted(), { kind: "ready" }, reason);
    expect(await afterList(released)).toBe("waiting");
  });
});
