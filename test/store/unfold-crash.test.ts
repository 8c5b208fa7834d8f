import { wholeFor, reading } from "../access/reaching.ts";
import { describe, expect, it } from "vitest";
import { sequencesIn } from "../../shared/ledger/sequence/intake.ts";
import { runKey, sequenceKey } from "../../shared/ledger/row/keys.ts";
import { runSchema } from "../../shared/ledger/run/run.ts";
import { claim, end } from "../../shared/ledger/sequence/moves.ts";
import { sequenceSchema } from "../../shared/ledger/sequence/sequence.ts";
import type { Ledger } from "../../shared/ports.ts";
import type { AcceptSettings } from "../../shared/workflow/accept/accept.ts";
import { approveRun } from "../../shared/workflow/operate/approve-run.ts";
import { cancelRun } from "../../shared/workflow/operate/cancel-run.ts";
import { moveOnce } from "../../shared/store/change-sequence.ts";
import { describeRun } from "../../shared/workflow/view/describe-run.ts";
import { loadSequence } from "../../shared/store/load.ts";
import { readOutstanding } from "../../shared/store/outstanding.ts";
import { applyGates } from "../../shared/store/apply-gates.ts";
import { createLookUpPayments } from "../../shared/store/look-up-payments.ts";
import { unfold } from "../../shared/store/unfold.ts";
import { callersOf, keyHash } from "../access/callers.ts";
import { A_NONCE, START_MS } from "../ledger/a-sequence.ts";
import { someLimits } from "../limits/some-limits.ts";
import { startAccepting, type Accepting } from "../workflow/accepting.ts";

const limits = someLimits();
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
const idOf = (number: number) => number.toString(16).padStart(40, "0");
const bodies = ({ ledger }: Accepting, family: string) =>
  ledger
    .rows()
    .filter(({ key }) => key.startsWith(family))
    .map(({ body }) => body);

async function accepted(count: number, settings: Partial<AcceptSettings> = {}) {
  const world = startAccepting(settings);
  const answer = await world.accept("case", numbers(count));
  if (answer.kind !== "accepted") throw new Error(answer.kind);
  return { world, runId: answer.run.runId };
}

/** Machines of all sequences, in intake rows or by themselves; one that is in both comes twice. */
function machines(world: Accepting): string[] {
  const records = bodies(world, sequenceKey("")).map((body) => sequenceSchema.parse(body));
  const planned = bodies(world, "intake!").flatMap((body) => sequencesIn({ key: "", body }));
  return [...records, ...planned].map(({ machineId }) => machineId).toSorted();
}

/** A host whose nth commit fails: before it is made, or with its answer. */
function failing({ ports }: Accepting, nth: number, when: "before" | "after") {
  let commits = 0;
  const ledger: Ledger = {
    ...ports.ledger,
    commit: async (changes) => {
      commits += 1;
      if (commits === nth && when === "before") throw new Error("gone");
      const outcome = await ports.ledger.commit(changes);
      if (commits === nth) throw new Error("gone");
      return outcome;
    },
  };
  const lookUpPayments = createLookUpPayments({ ...ports, ledger }, someLimits());
  return { ...ports, ledger, lookUpPayments };
}

describe("unfolding", () => {
  const points = [1, 2, 3].flatMap((nth) =>
    (["before", "after"] as const).map((when) => ({ nth, when })),
  );
  it.each(points)("may crash $when its commit $nth, and is done by the next", async (point) => {
    const { world, runId } = await accepted(120);
    const all = numbers(120).map(idOf);
    await expect(unfold(failing(world, point.nth, point.when), runId)).rejects.toThrow("gone");
    expect(machines(world)).toEqual(all);
    const left = point.when === "before" ? point.nth - 1 : point.nth;
    expect(bodies(world, sequenceKey(""))).toHaveLength(Math.min(120, left * 48));
    await unfold(world.ports, runId);
    expect(machines(world)).toEqual(all);
    expect(bodies(world, "intake!").length + bodies(world, "planned!").length).toBe(0);
    expect(bodies(world, "ready!")).toHaveLength(120);
  });

  it("is done once by as many hosts as come", async () => {
    const { world, runId } = await accepted(120);
    const done = await Promise.all(numbers(6).map(async () => await unfold(world.ports, runId)));
    expect(done.reduce((sum, each) => sum + each, 0)).toBe(120);
    expect(machines(world)).toEqual(numbers(120).map(idOf));
    expect(bodies(world, "intake!").length + bodies(world, "planned!").length).toBe(0);
  });

  it("goes on beside senders that send more machines, and two that send the same", async () => {
    const { world, runId } = await accepted(60);
    await Promise.all([
      world.accept("case", numbers(130)),
      unfold(world.ports, runId),
      world.accept("case", numbers(130)),
      unfold(world.ports, runId),
      world.accept("case", numbers(62)),
    ]);
    expect(machines(world)).toEqual(numbers(130).map(idOf));
    expect(await world.unfolded()).toHaveLength(130);
    const run = runSchema.parse((await world.ledger.read(runKey(runId)))?.body);
    expect(run).toMatchObject({ accepted: 130, open: 130 });
  });
});

describe("an incident that is being accepted", () => {
  it.each(["before", "after"] as const)(
    "is there whole or not at all when the host crashes %s its commit",
    async (when) => {
      const world = startAccepting();
      // The first commit counts the calls that look the machines up.
      const sending = world.accept("case", numbers(300), {}, failing(world, 2, when));
      await expect(sending).rejects.toThrow("gone");
      expect(machines(world)).toHaveLength(when === "before" ? 0 : 300);
      expect(await world.accept("case", numbers(300))).toMatchObject({ run: { accepted: 300 } });
      expect(await world.unfolded()).toHaveLength(300);
    },
  );
});

/** The run as it is when a host died after it had unfolded the first row. */
async function halfUnfolded(count: number, settings: Partial<AcceptSettings> = {}) {
  const { world, runId } = await accepted(count, settings);
  await expect(unfold(failing(world, 1, "after"), runId)).rejects.toThrow("gone");
  const ready = async () => {
    const rows = await world.ledger.list("ready!", 'ready"', 1_000);
    return rows.map(({ key }) => key.split("!")[3] ?? "");
  };
  return { world, runId, ready };
}

describe("a run that is half unfolded", () => {
  it("shows all of its sequences, and does not end with those that have rows", async () => {
    const { world, runId } = await halfUnfolded(60);
    const stuck = { ...failing(world, 50, "before") };
    await expect(cancelRun(stuck, limits, runId, wholeFor("analyst"))).rejects.toThrow("gone");
    const view = await describeRun(world.ports, limits, runId, reading());
    expect(view).toMatchObject({ state: "running", counts: { total: 60 } });
    expect(await cancelRun(world.ports, limits, runId, wholeFor("analyst"))).toMatchObject({
      asked: 0,
    });
    const after = await describeRun(world.ports, limits, runId, reading());
    expect(after).toMatchObject({ state: "finished", counts: { total: 60, cancelled: 60 } });
  });

  it("goes on as a whole when its first wave has succeeded", async () => {
    const policy = { first: 3, above: 10, maxFailedShare: 0.5 };
    const { world, ready } = await halfUnfolded(120, { policy });
    const wave = await ready();
    expect(wave).toHaveLength(3);
    for (const sequenceId of wave) await succeed(world, sequenceId);
    expect(bodies(world, "intake!")).toHaveLength(2);
    await applyGates(world.ports, await readOutstanding(world.ledger));
    expect(await ready()).toHaveLength(117);
    expect(bodies(world, "intake!")).toEqual([]);
  });

  it("stops as a whole when its first wave has failed", async () => {
    const policy = { first: 3, above: 10, maxFailedShare: 0.5 };
    const { world, runId, ready } = await halfUnfolded(120, { policy });
    for (const sequenceId of await ready()) await refuse(world, sequenceId);
    // Those that are unfolded before the poll comes are at the place they were accepted to.
    await unfold(world.ports, runId);
    await applyGates(world.ports, await readOutstanding(world.ledger));
    expect(await ready()).toEqual([]);
    const reasons = (await world.unfolded()).map(({ reason }) => reason?.code ?? "ended");
    expect(reasons.filter((code) => code === "runPaused")).toHaveLength(117);
  });

  it("is approved as a whole, and all of it goes", async () => {
    const tier0 = numbers(120).map(idOf);
    const { world, runId, ready } = await halfUnfolded(120, { scope: { tier0: [{ ids: tier0 }] } });
    expect(await ready()).toEqual([]);
    const callers = callersOf([
      { name: "lead", key: keyHash("lead"), may: ["run.approve"], team: "soar" },
    ]);
    const view = await describeRun(world.ports, limits, runId, reading(callers));
    expect(view?.approval).toMatchObject({ sequences: 120, needed: 1 });
    const [caller] = callers;
    if (caller === undefined) throw new Error("nobody may approve");
    const rawBody = Buffer.from(JSON.stringify({ planHash: view?.approval?.planHash }));
    const by = { scheme: "key", signed: null, objectId: null, isPerson: false } as const;
    const who = { kind: "caller", caller, ...by } as const;
    expect(await approveRun(world.ports, limits, { runId, who, rawBody })).toMatchObject({
      kind: "approved",
    });
    expect(await ready()).toHaveLength(120);
  });
});

async function succeed(world: Accepting, sequenceId: string): Promise<void> {
  await ended(world, sequenceId, "succeeded");
}

async function refuse(world: Accepting, sequenceId: string): Promise<void> {
  await ended(world, sequenceId, "refused");
}

async function ended(
  world: Accepting,
  sequenceId: string,
  how: "succeeded" | "refused",
): Promise<void> {
  const before = await loadSequence(world.ledger, sequenceId);
  if (before === null) throw new Error(`${sequenceId} is not there`);
  const claimed = claim(before.value, START_MS, A_NONCE);
  const after =
    how === "refused"
      ? end(claimed, "refused", { code: "NoSuchMachine", detail: "" }, START_MS)
      : { ...claimed, state: "succeeded" as const, endedAtMs: START_MS };
  await moveOnce(world.ports, { before, after, nowMs: START_MS });
}
