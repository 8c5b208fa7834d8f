import { describe, expect, it } from "vitest";
import { RATE_TOKEN_KEY, READY, runKey, sequenceIdIn } from "../../../shared/ledger/row/keys.ts";
import { claim, end } from "../../../shared/ledger/sequence/moves.ts";
import { runSchema } from "../../../shared/ledger/run/run.ts";
import { FIRST_BUDGET } from "../../../shared/limits/pace/budget.ts";
import type { Ledger } from "../../../shared/ports.ts";
import { moveOnce } from "../../../shared/store/change-sequence.ts";
import { claimNext } from "../../../shared/workflow/submit/claim.ts";
import { loadBudget, loadSequence } from "../../../shared/store/load.ts";
import { loadChosen } from "../../../shared/workflow/submit/load-chosen.ts";
import { readOutstanding } from "../../../shared/store/outstanding.ts";
import { resumeRun } from "../../../shared/workflow/operate/resume-run.ts";
import { applyGates } from "../../../shared/store/apply-gates.ts";
import { START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting, type Accepting } from "../accepting.ts";
import { interrupted } from "../interrupting.ts";

const MACHINES = Array.from({ length: 10 }, (_, number) => number);
const limits = { ...someLimits(), maxSessions: 25 };

/** A run of ten that all may go: five failures pause it. */
async function begun() {
  const world = startAccepting({ policy: { first: 3, above: 10, maxFailedShare: 0.5 } });
  // Before Defender has given a list only one of them would go.
  const body = { ...FIRST_BUDGET, listedAtMs: START_MS };
  await world.ledger.commit([{ op: "insert", key: RATE_TOKEN_KEY, body }]);
  const accepted = await world.accept("wave", MACHINES);
  if (accepted.kind !== "accepted") throw new Error(accepted.kind);
  await world.unfolded();
  return { world, runId: accepted.run.runId };
}

const readyKeys = async ({ ledger }: Accepting) =>
  (await ledger.list(READY.from, READY.before, 100)).map(({ key }) => key);

/** Ends as failed, by somebody who writes no budget of its own, what is last in the line. */
async function failLast(world: Accepting): Promise<void> {
  const key = (await readyKeys(world)).at(-1) ?? "";
  const before = await loadSequence(world.ledger, sequenceIdIn(key));
  if (before === null) throw new Error("nothing is ready");
  const claimed = claim(before.value, START_MS);
  const after = end(claimed, "refused", { code: "NoSuchMachine", detail: "" }, START_MS);
  await moveOnce(world.ports, { before, after, nowMs: START_MS });
}

async function fail(world: Accepting, count: number): Promise<void> {
  for (let failed = 0; failed < count; failed += 1) await failLast(world);
}

async function gateOf({ ledger }: Accepting, runId: string) {
  return runSchema.parse((await ledger.read(runKey(runId)))?.body).gate?.state;
}

async function claimOn({ ports }: Accepting, ledger: Ledger) {
  const passedOver = new Set<string>();
  const claimant = { hostId: "h", lingers: false, urgent: false, scope: {}, passedOver };
  return await claimNext({ ...ports, ledger }, limits, { ...claimant, oneLane: { untilMs: 0 } });
}

describe("a run that pauses itself", () => {
  it("is passed by no claim, though the claim had read it before", async () => {
    const { world, runId } = await begun();
    await fail(world, 4);
    const slow = interrupted(world.ports.ledger, runKey(runId), async () => await fail(world, 1));
    const came = await claimOn(world, slow);
    expect(await gateOf(world, runId)).toBe("paused");
    expect(came.kind).not.toBe("claimed");
    const states = (await world.unfolded()).map(({ state }) => state);
    expect(states.toSorted()).toEqual([
      ...Array<string>(5).fill("refused"),
      ...Array<string>(5).fill("waiting"),
    ]);
  });

  it("writes the budget as it stands, and only with the end that pauses it", async () => {
    const { world } = await begun();
    expect((await claimOn(world, world.ports.ledger)).kind).toBe("claimed");
    const before = await loadBudget(world.ledger);
    for (let failed = 0; failed < 5; failed += 1) {
      expect((await loadBudget(world.ledger)).etag).toBe(before.etag);
      const open = (await world.unfolded()).find(({ state }) => state === "claimed");
      const stored = await loadSequence(world.ledger, open?.sequenceId ?? "");
      if (stored === null) throw new Error("nothing is claimed");
      const why = { code: "NoSuchMachine", detail: "" };
      const after = end(stored.value, "refused", why, START_MS);
      await moveOnce(world.ports, { before: stored, after, nowMs: START_MS });
    }
    const after = await loadBudget(world.ledger);
    expect(after.etag).not.toBe(before.etag);
    expect(after.value).toEqual(before.value);
  });

  it("goes on with all of it when it is resumed while a drain moves one of it aside", async () => {
    const { world, runId } = await begun();
    await fail(world, 5);
    const keys = await readyKeys(world);
    expect(keys).toHaveLength(5);
    const slow = interrupted(world.ports.ledger, runKey(runId), async () => {
      expect(await resumeRun(world.ports, limits, runId, "operator")).toBe(true);
    });
    const { value: budget } = await loadBudget(world.ledger);
    await loadChosen({ ...world.ports, ledger: slow }, keys.slice(0, 1), {
      budget,
      scope: {},
      passedOver: new Set(),
      lostTo: null,
    });
    await applyGates(world.ports, await readOutstanding(world.ledger));
    expect(await readyKeys(world)).toEqual(keys);
  });
});
