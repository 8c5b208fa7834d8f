import { wholeFor } from "../../access/reaching.ts";
import { expect, it, describe } from "vitest";
import { machineKey } from "../../../shared/ledger/row/keys.ts";
import { claim, park, giveBack, loseAnswer } from "../../../shared/ledger/sequence/moves.ts";
import { move, type Stored, insertion } from "../../../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import {
  holdSession,
  FIRST_BUDGET,
  reserve,
  type Budget,
} from "../../../shared/limits/pace/budget.ts";
import { sessionOf } from "../../../shared/limits/pace/session.ts";
import { cancelRun } from "../../../shared/workflow/operate/cancel-run.ts";
import { budgetChange, loadBudget, loadRun, loadSequence } from "../../../shared/store/load.ts";
import { remembering } from "../../../shared/store/remembering.ts";
import { settle } from "../../../shared/workflow/submit/record-answers.ts";
import { A_NONCE, aClaimed, aSequence, SEQUENCE_ID, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting, type Accepting } from "../accepting.ts";
import { createMemoryClock } from "../../../local/memory/clock.ts";
import { createMemoryLedger } from "../../../local/memory/ledger.ts";
import { createSeededRandom } from "../../../local/memory/random.ts";
import type { SubmissionAnswer } from "../../../shared/ledger/sequence/submission.ts";

/** The last part of a sequence, claimed: its machine is kept whatever the answer. */
async function claimed({ ledger }: Accepting, sequenceId: string): Promise<Stored<SequenceRecord>> {
  const before = await loadSequence(ledger, sequenceId);
  if (before === null) throw new Error(`there is no ${sequenceId}`);
  const { parts } = before.value;
  const after = {
    ...claim(before.value, START_MS, A_NONCE),
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
  await cancelRun(world.ports, someLimits(), accepted.run.runId, wholeFor("operator"));
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
  const first = claim(aSequence(), START_MS, A_NONCE);
  const second = claim(
    giveBack(loseAnswer(first), { kind: "ready" }, null),
    START_MS + 190_000,
    A_NONCE,
  );

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

describe("a refusal of all that comes when its claim was resolved meanwhile", () => {
  const first = claim(aSequence(), START_MS, A_NONCE);
  const second = giveBack(loseAnswer(first), { kind: "ready" }, null);
  const refused = {
    kind: "refused",
    httpStatus: 403,
    code: "Forbidden",
    detail: "no role",
  } as const;
  const after = async (openedAtMs: number) => {
    const budget = { ...FIRST_BUDGET, openedAtMs };
    const claimed = { value: first, etag: "of an attempt before" };
    return (await settled(claimed, refused, { stored: second, budget })).budget.lockouts;
  };

  it("is written down, so that nobody else runs into it", async () => {
    expect(await after(0)).toMatchObject([{ call: "submit", httpStatus: 403 }]);
  });

  it("is not, if Defender has opened a session since", async () => {
    expect(await after(NOW_MS + 1)).toEqual([]);
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
