import { describe, expect, it } from "vitest";
import { claim, submit, submitUnmarked } from "../../../shared/ledger/sequence/moves.ts";
import { move } from "../../../shared/ledger/sequence/rows.ts";
import type { SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { holdSession } from "../../../shared/limits/pace/budget.ts";
import { sessionOf, type Session } from "../../../shared/limits/pace/session.ts";
import { expireUnseen } from "../../../shared/workflow/poll/expire-unseen.ts";
import { budgetChange, loadBudget, loadSequence } from "../../../shared/store/load.ts";
import { remembering } from "../../../shared/store/remembering.ts";
import { A_NONCE, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting } from "../accepting.ts";
import { answered, BLIND, changed, startHours } from "./hours.ts";

const DAYS_MS = 4 * 86_400_000;

/** A sequence at Defender, of which no list has told for days; and what a poll knows of that. */
async function unseen(submitted = submit, seen: Pick<Session, "seen"> = {}) {
  const world = startAccepting();
  await world.accept("one", [1]);
  const [waiting] = await world.unfolded();
  const before = await loadSequence(world.ledger, waiting?.sequenceId ?? "");
  if (before === null) throw new Error("nothing was accepted");
  const record = submitted(claim(before.value, START_MS, A_NONCE), "action-1", START_MS);
  await world.ledger.commit(move(before, record));
  const first = await loadBudget(world.ledger);
  const session = { ...sessionOf(record), ...seen };
  await world.ledger.commit([budgetChange(first, holdSession(first.value, session))]);
  world.pass(DAYS_MS);
  const cancelled: string[] = [];
  const cancelAction = async (actionId: string) => {
    cancelled.push(actionId);
    return { kind: "answered", value: null } as const;
  };
  const ledger = remembering(world.ledger);
  await loadBudget(ledger);
  const ports = { ...world.ports, ledger, defender: { ...world.ports.defender, cancelAction } };
  const expire = async () => await expireUnseen(ports, someLimits());
  const state = async () => (await loadSequence(world.ledger, record.sequenceId))?.value.state;
  return { world, expire, state, cancelled };
}

describe("what is long over and of which Defender shows nothing", () => {
  it("ends by our own clock, and Defender is asked to cancel it", async () => {
    const { expire, state, cancelled } = await unseen();
    expect([await expire(), await state()]).toEqual([1, "failed"]);
    expect(cancelled).toEqual(["action-1"]);
  });

  it("is not cancelled if only an answer without our mark says that it is ours", async () => {
    const { world, expire, state, cancelled } = await unseen(submitUnmarked);
    expect([await expire(), await state()]).toEqual([1, "failed"]);
    expect(cancelled).toEqual([]);
    const [record] = await world.unfolded();
    expect(record?.outcome?.detail).toContain("did not cancel its action");
  });

  it("is cancelled if a list has shown our mark since", async () => {
    const { expire, cancelled } = await unseen(submitUnmarked, { seen: ["Pending"] });
    expect(await expire()).toBe(1);
    expect(cancelled).toEqual(["action-1"]);
  });

  it("does not end while another host is being told of it", async () => {
    const { world, expire, state } = await unseen();
    const current = await loadBudget(world.ledger);
    const listed = { ...current.value, listedAtMs: world.ports.clock.earliest() };
    await world.ledger.commit([budgetChange(current, listed)]);
    expect([await expire(), await state()]).toEqual([0, "submitted"]);
  });
});

describe("what is out there and cannot be seen", () => {
  it.each<[string, Partial<SequenceRecord>]>([
    ["submitted", { state: "submitted", actionId: "action-1" }],
    ["unconfirmed", { state: "unconfirmed" }],
    ["claimed", { state: "claimed" }],
  ])("ends by our own clock when it is %s, as not known", async (_, change) => {
    const cancelled: string[] = [];
    const world = startHours({
      ...BLIND,
      cancelAction: async (actionId) => {
        cancelled.push(actionId);
        return await answered();
      },
    });
    await world.accept("one", [1]);
    const [accepted] = await world.unfolded();
    if (accepted === undefined) throw new Error("nothing was accepted");
    const { sequenceId, acceptedAtMs: atMs } = accepted;
    const sent = { place: null, attempt: 1, claimedAtMs: atMs, submittedAtMs: atMs };
    const out = await changed(world, sequenceId, { ...sent, ...change });
    const first = await loadBudget(world.ledger);
    await world.ledger.commit([budgetChange(first, holdSession(first.value, sessionOf(out)))]);
    await world.hours(72);
    const of = async () => (await world.unfolded())[0];
    expect((await of())?.state).toBe(out.state);
    await world.hours(1);
    expect(await of()).toMatchObject({ state: "failed", outcome: { code: "notKnown" } });
    expect((await of())?.outcome?.detail).toMatch(/HTTP 403 Forbidden/);
    expect((await loadBudget(world.ledger)).value.sessions).toEqual([]);
    expect(cancelled).toEqual(out.actionId === null ? [] : ["action-1"]);
  });
});
