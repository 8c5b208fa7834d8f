import { describe, expect, it } from "vitest";
import { OPENING, runKey } from "../../shared/ledger/row/keys.ts";
import { claim, end } from "../../shared/ledger/sequence/moves.ts";
import { runSchema } from "../../shared/ledger/run/run.ts";
import { moveOnce } from "../../shared/store/change-sequence.ts";
import { loadSequence } from "../../shared/store/load.ts";
import { readOutstanding } from "../../shared/store/outstanding.ts";
import { resumeRun } from "../../shared/workflow/operate/resume-run.ts";
import { applyGates } from "../../shared/store/apply-gates.ts";
import { A_NONCE, START_MS } from "../ledger/a-sequence.ts";
import { someLimits } from "../limits/some-limits.ts";
import { startAccepting, type Accepting } from "../workflow/accepting.ts";

const POLICY = { first: 3, above: 10, maxFailedShare: 0.5 };
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

const ready = async (world: Accepting) =>
  (await world.unfolded()).filter(({ place }) => place?.kind === "ready").length;

/** Ends one that may go, as Defender's word would; false if none may. */
async function endOne(world: Accepting, state: "succeeded" | "failed"): Promise<boolean> {
  const next = (await world.unfolded()).find(({ place }) => place?.kind === "ready");
  const before = next && (await loadSequence(world.ledger, next.sequenceId));
  if (!before) return false;
  const claimed = claim(before.value, START_MS, A_NONCE);
  const failed = end(claimed, "refused", { code: "NoSuchMachine", detail: "" }, START_MS);
  const succeeded = { ...claimed, state: "succeeded" as const, endedAtMs: START_MS };
  const after = state === "failed" ? failed : succeeded;
  return await moveOnce(world.ports, { before, after, nowMs: START_MS });
}

const apply = async ({ ports }: Accepting) =>
  await applyGates(ports, await readOutstanding(ports.ledger));
const notes = async ({ ledger }: Accepting) =>
  (await ledger.list(OPENING.from, OPENING.before, 9)).length;

async function begun(count: number): Promise<{ world: Accepting; runId: string }> {
  const world = startAccepting({ policy: POLICY });
  const accepted = await world.accept("wave", numbers(count));
  if (accepted.kind !== "accepted") throw new Error(accepted.kind);
  return { world, runId: accepted.run.runId };
}

describe("a large run", () => {
  it("goes on once its first wave has succeeded, every one of it once", async () => {
    const { world } = await begun(100);
    expect(await ready(world)).toBe(3);
    for (const _ of numbers(2)) await endOne(world, "succeeded");
    expect([await apply(world), await notes(world)]).toEqual([0, 0]);
    await endOne(world, "succeeded");
    const moved = await Promise.all([apply(world), apply(world)]);
    expect(moved.reduce((sum, each) => sum + each, 0)).toBe(97);
    expect([await ready(world), await notes(world), await apply(world)]).toEqual([97, 0, 0]);
  });

  it("stops by itself where the first wave failed, until somebody resumes it", async () => {
    const { world, runId } = await begun(20);
    for (const _ of numbers(3)) await endOne(world, "failed");
    await apply(world);
    expect(await ready(world)).toBe(0);
    const waiting = (await world.unfolded()).filter(({ state }) => state === "waiting");
    expect(new Set(waiting.map(({ reason }) => reason?.code))).toEqual(new Set(["runPaused"]));
    expect(await resumeRun(world.ports, someLimits(), runId, "operator")).toBe(true);
    expect([await ready(world), await notes(world)]).toEqual([17, 0]);
    expect(await resumeRun(world.ports, someLimits(), runId, "operator")).toBe(false);
    expect(await resumeRun(world.ports, someLimits(), "0".repeat(20), "operator")).toBeNull();
  });

  it("keeps a note of another version, for the one that knows what it asks for", async () => {
    const { world } = await begun(20);
    for (const _ of numbers(3)) await endOne(world, "succeeded");
    const [note] = await world.ledger.list(OPENING.from, OPENING.before, 9);
    const body = { ...Object(note?.body), v: 2 };
    const newer = { op: "replace", key: note?.key ?? "", body, etag: "*" } as const;
    await world.ledger.commit([newer]);
    expect([await apply(world), await notes(world), await ready(world)]).toEqual([0, 1, 0]);
    await world.ledger.commit([{ ...newer, body: note?.body }]);
    expect([await apply(world), await notes(world), await ready(world)]).toEqual([17, 0, 17]);
  });

  it("stops later too, with what was ready, and its log says why", async () => {
    const { world, runId } = await begun(10);
    for (const _ of numbers(5)) await endOne(world, "failed");
    expect([await apply(world), await ready(world)]).toEqual([5, 0]);
    const run = runSchema.parse((await world.ledger.read(runKey(runId)))?.body);
    expect(run.gate).toMatchObject({ state: "paused", paused: { why: "5 of 5 sequences failed" } });
    const log = world.ledger.rows().filter(({ key }) => key.startsWith(`audit!${runId}`));
    expect(log.map(({ body }) => Object(body).event)).toEqual(["accepted", "runPaused"]);
    const grown = await world.accept("wave", numbers(12));
    expect(grown.kind).toBe("accepted");
    expect(await ready(world)).toBe(0);
  });
});
