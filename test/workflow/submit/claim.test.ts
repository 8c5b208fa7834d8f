import { describe, expect, it } from "vitest";
import type { MachineScope } from "../../../shared/access/machine-scope.ts";
import { runKey } from "../../../shared/ledger/row/keys.ts";
import { sequenceSchema, type SequenceRecord } from "../../../shared/ledger/sequence/sequence.ts";
import { claimNext, type Claimed } from "../../../shared/workflow/submit/claim.ts";
import { createOverdueFinder } from "../../../shared/workflow/submit/longest-waiting.ts";
import { budgetChange, loadBudget } from "../../../shared/store/load.ts";
import type { Ledger } from "../../../shared/ports.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting, type Accepting } from "../accepting.ts";
import { noAnswer } from "../known-machines.ts";
import { interrupted } from "../interrupting.ts";
import { startPausingItself } from "../pausing-itself.ts";

async function claimed(
  { ports }: Accepting,
  { scope = {}, ledger = ports.ledger }: { scope?: MachineScope; ledger?: Ledger } = {},
): Promise<Claimed> {
  const claimant = {
    hostId: "h",
    lingers: false,
    urgent: false,
    scope,
    factsAgeMs: 600_000,
    library: null,
    findOverdue: createOverdueFinder(ports, someLimits()),
    passedOver: new Set<string>(),
  };
  return await claimNext({ ...ports, ledger }, someLimits(), claimant);
}

function records({ ledger }: Accepting): SequenceRecord[] {
  const rows = ledger.rows().filter(({ key }) => key.startsWith("sequence!"));
  return rows.map(({ body }) => sequenceSchema.parse(body));
}

/** A POST of the sequence that was given up, and whose action a list has shown. */
const shown = (sequenceId = "") => ({
  sequenceId,
  part: 0,
  attempt: 1,
  claimedAtMs: 1,
  untilMs: Number.MAX_SAFE_INTEGER,
  missedMs: 0,
  seen: ["Succeeded"],
  cancelSent: false,
});

describe("a claim", () => {
  it("takes no sequence whose action a list has shown, and goes on with the next", async () => {
    const world = startAccepting();
    await world.accept("case", [0, 1]);
    await world.unfolded();
    const [first, second] = records(world).map(({ sequenceId }) => sequenceId);
    const showing = async (...sequenceIds: (string | undefined)[]) => {
      const budget = await loadBudget(world.ledger);
      const lost = sequenceIds.map((each) => shown(each));
      await world.ledger.commit([budgetChange(budget, { ...budget.value, lost })]);
    };
    await showing(first, second);
    expect(await claimed(world)).toEqual({ kind: "nothing" });
    await showing(first);
    const taken = await claimed(world);
    const ids =
      taken.kind === "claimed" ? taken.sequences.map((each) => each.value.sequenceId) : [];
    expect(ids).toEqual([second]);
  });

  it("moves the line on: what is accepted after it joins behind all that it took", async () => {
    const world = startAccepting();
    await world.accept("first", [0]);
    expect(await claimed(world)).toMatchObject({ kind: "claimed" });
    const [taken = Infinity] = records(world).map(({ pass }) => pass);
    await world.accept("second", [1]);
    await world.accept("large", [10, 11, 12, 13, 14]);
    await world.unfolded();
    const waiting = records(world).filter(({ state }) => state === "waiting");
    expect(waiting).toHaveLength(6);
    for (const { pass } of waiting) expect(pass).toBeGreaterThan(taken);
  });

  it.each([
    ["names other machines only", { allow: [{ ids: ["f".repeat(40)] }] }],
    ["asks for tags that nobody knows", { deny: [{ tags: ["keep out"] }] }],
    ["asks for an approval that nobody gave", { tier0: [{ platforms: ["windows" as const] }] }],
  ])("takes none that came under no scope once the scope %s", async (_, scope) => {
    const world = startAccepting();
    await world.accept("case", [0, 1]);
    const known = { name: null, platform: "windows", tags: null };
    expect(records(world).map((each) => each.machineFacts)).toMatchObject([known, known]);
    expect((await claimed(world, { scope })).kind).toBe("nothing");
    const ends = records(world).map(({ state, outcome }) => [state, outcome?.code]);
    expect(ends).toEqual([
      ["refused", "outOfScope"],
      ["refused", "outOfScope"],
    ]);
  });

  it("takes none of whose machine only the sender has spoken, whatever the scope", async () => {
    const world = startAccepting();
    const defender = { ...world.ports.defender, readMachines: noAnswer };
    await world.accept("by word", [0, 1], {}, { ...world.ports, defender });
    const scope = { allow: [{ ids: ["f".repeat(40)] }] };
    expect(await claimed(world, { scope })).toMatchObject({ kind: "lacking" });
    const states = records(world).map(({ state, place }) => [state, place?.kind]);
    expect(states).toEqual([
      ["waiting", "ready"],
      ["waiting", "ready"],
    ]);
  });

  it("passes no pause of a run that it had read before", async () => {
    const { world, runId, fail, gateState } = await startPausingItself();
    await fail(4);
    const ledger = interrupted(world.ports.ledger, runKey(runId), async () => await fail(1));
    const came = await claimed(world, { ledger });
    expect(await gateState()).toBe("paused");
    expect(came.kind).not.toBe("claimed");
    const states = (await world.unfolded()).map(({ state }) => state);
    expect(states.toSorted()).toEqual([
      ...Array<string>(5).fill("refused"),
      ...Array<string>(5).fill("waiting"),
    ]);
  });
});
