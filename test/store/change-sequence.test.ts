import { describe, expect, it } from "vitest";
import { claim, end } from "../../shared/ledger/sequence/moves.ts";
import { move } from "../../shared/ledger/sequence/rows.ts";
import { moveOnce } from "../../shared/store/change-sequence.ts";
import { loadBudget, loadSequence } from "../../shared/store/load.ts";
import { A_NONCE, START_MS } from "../ledger/a-sequence.ts";
import type { Accepting } from "../workflow/accepting.ts";
import { startPausingItself } from "../workflow/pausing-itself.ts";

/** Ends one as failed, by somebody who writes no budget of its own. */
async function failOne({ ledger, ports }: Accepting, sequenceId: string): Promise<void> {
  const waiting = await loadSequence(ledger, sequenceId);
  if (waiting === null) throw new Error(`there is no ${sequenceId}`);
  await ledger.commit(move(waiting, claim(waiting.value, START_MS, A_NONCE)));
  const before = await loadSequence(ledger, sequenceId);
  if (before === null) throw new Error(`${sequenceId} is gone`);
  const after = end(before.value, "refused", { code: "NoSuchMachine", detail: "" }, START_MS);
  await moveOnce(ports, { before, after, nowMs: START_MS });
}

describe("the end that pauses its run", () => {
  it("writes the budget as it stands, and no end before it does", async () => {
    const { world, gateState } = await startPausingItself();
    const before = await loadBudget(world.ledger);
    const [first, second, third, fourth, fifth] = await world.unfolded();
    for (const each of [first, second, third, fourth]) {
      await failOne(world, each?.sequenceId ?? "");
    }
    expect((await loadBudget(world.ledger)).etag).toBe(before.etag);
    await failOne(world, fifth?.sequenceId ?? "");
    expect(await gateState()).toBe("paused");
    const after = await loadBudget(world.ledger);
    expect(after.etag).not.toBe(before.etag);
    expect(after.value).toEqual(before.value);
  });
});
