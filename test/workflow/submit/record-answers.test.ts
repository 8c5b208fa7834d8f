import { expect, it } from "vitest";
import { claim } from "../../../shared/ledger/moves.ts";
import { move, type Stored } from "../../../shared/ledger/rows.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence.ts";
import { holdSession } from "../../../shared/limits/budget.ts";
import { sessionOf } from "../../../shared/limits/session.ts";
import { cancelRun } from "../../../shared/workflow/operate/cancel-run.ts";
import { budgetChange, loadBudget, loadRun, loadSequence } from "../../../shared/store/load.ts";
import { settle } from "../../../shared/workflow/submit/record-answers.ts";
import { START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting, type Accepting } from "../accepting.ts";

/** The last part of a sequence, claimed: its machine is kept whatever the answer. */
async function claimed({ ledger }: Accepting, sequenceId: string): Promise<Stored<SequenceRecord>> {
  const before = await loadSequence(ledger, sequenceId);
  if (before === null) throw new Error(`there is no ${sequenceId}`);
  const { parts } = before.value;
  const after = {
    ...claim(before.value, START_MS),
    parts: [...parts, ...parts],
    part: parts.length,
  };
  const budget = await loadBudget(ledger);
  const held = budgetChange(budget, holdSession(budget.value, sessionOf(after)));
  await ledger.commit([held, ...move(before, after)]);
  const stands = await loadSequence(ledger, sequenceId);
  if (stands === null) throw new Error(`${sequenceId} is gone`);
  return stands;
}

it("several of a run that were cancelled before their answers came end, each counted once", async () => {
  const world = startAccepting();
  const accepted = await world.accept("case", [1, 2, 3]);
  if (accepted.kind !== "accepted") throw new Error(accepted.kind);
  const ids = (await world.unfolded()).map(({ sequenceId }) => sequenceId);
  const open: Stored<SequenceRecord>[] = [];
  for (const id of ids) open.push(await claimed(world, id));
  const held = { stored: await loadBudget(world.ledger) };
  await cancelRun(world.ports, someLimits(), accepted.run.runId, "operator");
  const answered = open.map((each) => {
    const answer = { kind: "notSent", detail: "the fence had closed" } as const;
    return { claimed: each, answer, latestMs: START_MS + 1_000 };
  });
  await settle(world.ports, someLimits(), answered, held);
  const states = (await world.unfolded()).map(({ state }) => state);
  expect(states).toEqual(ids.map(() => "cancelled"));
  expect((await loadRun(world.ledger, accepted.run.runId))?.value.open).toBe(0);
  expect((await loadBudget(world.ledger)).value.sessions).toEqual([]);
});
