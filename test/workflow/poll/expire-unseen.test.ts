import { describe, expect, it } from "vitest";
import { claim, submit } from "../../../shared/ledger/moves.ts";
import { move } from "../../../shared/ledger/rows.ts";
import { holdSession } from "../../../shared/limits/budget.ts";
import { sessionOf } from "../../../shared/limits/session.ts";
import { expireUnseen } from "../../../shared/workflow/poll/expire-unseen.ts";
import { budgetChange, loadBudget, loadSequence } from "../../../shared/store/load.ts";
import { remembering } from "../../../shared/store/remembering.ts";
import { START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting } from "../accepting.ts";

const DAYS_MS = 4 * 86_400_000;
const cancelAction = async () => ({ kind: "answered", value: null }) as const;

/** A sequence at Defender, of which no list has told for days; and what a poll knows of that. */
async function unseen() {
  const world = startAccepting();
  await world.accept("one", [1]);
  const [waiting] = await world.unfolded();
  const before = await loadSequence(world.ledger, waiting?.sequenceId ?? "");
  if (before === null) throw new Error("nothing was accepted");
  const record = submit(claim(before.value, START_MS), "action-1", START_MS);
  await world.ledger.commit(move(before, record));
  const first = await loadBudget(world.ledger);
  await world.ledger.commit([budgetChange(first, holdSession(first.value, sessionOf(record)))]);
  world.pass(DAYS_MS);
  const ledger = remembering(world.ledger);
  await loadBudget(ledger);
  const ports = { ...world.ports, ledger, defender: { ...world.ports.defender, cancelAction } };
  const expire = async () => await expireUnseen(ports, someLimits());
  const state = async () => (await loadSequence(world.ledger, record.sequenceId))?.value.state;
  return { world, expire, state };
}

describe("what is long over and of which Defender shows nothing", () => {
  it("ends by our own clock", async () => {
    const { expire, state } = await unseen();
    expect([await expire(), await state()]).toEqual([1, "failed"]);
  });

  it("does not end while another host is being told of it", async () => {
    const { world, expire, state } = await unseen();
    const stands = await loadBudget(world.ledger);
    const listed = { ...stands.value, listedAtMs: world.ports.clock.earliest() };
    await world.ledger.commit([budgetChange(stands, listed)]);
    expect([await expire(), await state()]).toEqual([0, "submitted"]);
  });
});
