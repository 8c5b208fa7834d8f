import { expect, it } from "vitest";
import { machineKey } from "../../../shared/ledger/row/keys.ts";
import { claim, park } from "../../../shared/ledger/sequence/moves.ts";
import { move, type Stored } from "../../../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { holdSession } from "../../../shared/limits/pace/budget.ts";
import { sessionOf } from "../../../shared/limits/pace/session.ts";
import { cancelRun } from "../../../shared/workflow/operate/cancel-run.ts";
import { budgetChange, loadBudget, loadRun, loadSequence } from "../../../shared/store/load.ts";
import { remembering } from "../../../shared/store/remembering.ts";
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
  const taken = budgetChange(budget, holdSession(budget.value, sessionOf(after)));
  await ledger.commit([taken, ...move(before, after)]);
  const current = await loadSequence(ledger, sequenceId);
  if (current === null) throw new Error(`${sequenceId} is gone`);
  return current;
}

it("several of a run that were cancelled before their answers came end, each counted once", async () => {
  const world = startAccepting();
  const accepted = await world.accept("case", [1, 2, 3]);
  if (accepted.kind !== "accepted") throw new Error(accepted.kind);
  const ids = (await world.unfolded()).map(({ sequenceId }) => sequenceId);
  const open: Stored<SequenceRecord>[] = [];
  for (const id of ids) open.push(await claimed(world, id));
  const ledger = remembering(world.ledger);
  await loadBudget(ledger);
  await cancelRun(world.ports, someLimits(), accepted.run.runId, "operator");
  const answered = open.map((each) => {
    const answer = { kind: "notSent", detail: "the fence had closed" } as const;
    return { claimed: each, answer, latestMs: START_MS + 1_000 };
  });
  await settle({ ...world.ports, ledger }, someLimits(), answered);
  const states = (await world.unfolded()).map(({ state }) => state);
  expect(states).toEqual(ids.map(() => "cancelled"));
  expect((await loadRun(world.ledger, accepted.run.runId))?.value.open).toBe(0);
  expect((await loadBudget(world.ledger)).value.sessions).toEqual([]);
});

/** So many sequences of other runs that wait for the machine which `holder` has. */
async function queueBehind(
  world: Accepting,
  holder: SequenceRecord,
  machine: number,
  count: number,
) {
  const { machineId, sequenceId } = holder;
  for (let nth = 0; nth < count; nth += 1) await world.accept(`${machineId} ${nth}`, [machine]);
  const reason = { code: "machineHeld", sequenceId } as const;
  for (const waiting of await world.unfolded()) {
    if (waiting.machineId !== machineId || waiting.state !== "waiting") continue;
    const before = await loadSequence(world.ledger, waiting.sequenceId);
    if (before === null) throw new Error(`${waiting.sequenceId} is gone`);
    await world.ledger.commit(move(before, park(before.value, { kind: "behind" }, reason)));
  }
  const body = { v: 1, sequenceId, waiters: true };
  await world.ledger.commit([{ op: "replace", key: machineKey(machineId), body, etag: "*" }]);
}

it("answers are recorded even if more wait behind the machines than one transaction lets go", async () => {
  const world = startAccepting();
  const open: Stored<SequenceRecord>[] = [];
  for (const machine of [1, 2]) {
    const accepted = await world.accept(`case ${machine}`, [machine]);
    if (accepted.kind !== "accepted") throw new Error(accepted.kind);
    const holder = await claimed(world, accepted.sequences[0]?.sequenceId ?? "");
    await queueBehind(world, holder.value, machine, 20);
    open.push(holder);
  }
  const answered = open.map((each) => {
    const answer = { kind: "refused", httpStatus: 400, code: "NoSuchMachine", detail: "" } as const;
    return { claimed: each, answer, latestMs: START_MS + 1_000 };
  });
  await settle(world.ports, someLimits(), answered);
  const places = (await world.unfolded()).map(({ state, place }) => place?.kind ?? state);
  expect(places.filter((each) => each === "refused")).toHaveLength(2);
  expect(places.filter((each) => each === "ready")).toHaveLength(40);
});
