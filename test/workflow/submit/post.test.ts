import { wholeFor } from "../../access/reaching.ts";
import { describe, expect, it } from "vitest";
import { claim, end } from "../../../shared/ledger/sequence/moves.ts";
import { runSchema } from "../../../shared/ledger/run/run.ts";
import { runKey } from "../../../shared/ledger/row/keys.ts";
import { cancelRun } from "../../../shared/workflow/operate/cancel-run.ts";
import { moveOnce } from "../../../shared/store/change-sequence.ts";
import { loadSequence } from "../../../shared/store/load.ts";
import { pause } from "../../../shared/workflow/operate/pause.ts";
import { A_NONCE, START_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting, type Accepting } from "../accepting.ts";
import { drained } from "../drained.ts";

/** One POST at a time; the fence is that of `someLimits`. */
const LIMITS = someLimits({ callsPerWindow: 1 });
const POLICY = { first: 3, above: 10, maxFailedShare: 0.5 };
const MACHINES = [1, 2, 3, 4, 5, 6, 7];

/** What somebody does while a POST is under way, until it has returned. */
const WORDS: Readonly<Record<string, (world: Accepting, runId: string) => Promise<unknown>>> = {
  "the queue's pause": async ({ ports }) => await pause(ports, { by: "ana", why: "stop" }),
  "the cancel of its run": async ({ ports }, runId) =>
    await cancelRun(ports, LIMITS, runId, wholeFor("ana")),
  "the pause of its run": async (world, runId) => {
    for (let failure = 0; failure < 5; failure += 1) await failOne(world);
    expect((await runOf(world, runId)).gate?.state).toBe("paused");
  },
};

/** Milliseconds from the claim to the word, and from the word's return to a connection. */
const COURSES = [0, 500, 1_999].flatMap((beforeMs) =>
  [0, 1, 1_499, 1_500, 2_000].map((after) => [beforeMs, after] as const),
);

describe.each(Object.keys(WORDS))("after %s has returned", (word) => {
  it.each(COURSES)(
    "%i ms after the claim, a POST whose connection stands %i ms later leaves within the fence or not at all",
    async (beforeMs, afterMs) => {
      const { world, runId } = await begun();
      let leftMs: number | null = null;
      const came = await drained(world, LIMITS, async (leaveWithinMs) => {
        world.pass(beforeMs);
        await WORDS[word]?.(world, runId);
        world.pass(afterMs);
        if (leaveWithinMs() <= 0) return { kind: "notSent", detail: "too late" };
        leftMs = afterMs;
        return { kind: "accepted", actionId: "a-1", comment: null };
      });
      const mayLeave = beforeMs + afterMs < LIMITS.sendFenceMs;
      expect(leftMs).toBe(mayLeave ? afterMs : null);
      expect(came.posts).toBe(1);
      expect(leftMs ?? 0).toBeLessThan(LIMITS.sendFenceMs);
    },
  );
});

describe("a POST that could not leave", () => {
  it("goes back into the line, is said with its reason, and costs no call", async () => {
    const { world } = await begun();
    const { log, records } = await drained(world, LIMITS, async () => {
      world.pass(2_000);
      return { kind: "notSent", detail: "no connection was ready in time" };
    });
    expect(records.filter(({ state }) => state === "waiting")).toHaveLength(MACHINES.length);
    const said = log.filter(({ event }) => event === "notSent");
    expect(said).toMatchObject([
      { level: "warn", fields: { sinceMs: 2_000, detail: "no connection was ready in time" } },
    ]);
    // Its one call of the window is free: once the door opens, the next may go.
    world.pass(5_000);
    let again = 0;
    await drained(world, LIMITS, async () => {
      again += 1;
      return { kind: "accepted", actionId: "a-2", comment: null };
    });
    expect(again).toBe(1);
  });

  it("is not followed by another at once, whoever comes", async () => {
    const { world } = await begun();
    expect(await drained(world, LIMITS, notSent)).toMatchObject({ posts: 1, ended: "wait" });
    world.pass(4_999);
    expect(await drained(world, LIMITS, notSent)).toMatchObject({ posts: 0, ended: "wait" });
    world.pass(1);
    expect(await drained(world, LIMITS, notSent)).toMatchObject({ posts: 1, ended: "wait" });
  });
});

const notSent = async () => ({ kind: "notSent", detail: "" }) as const;

async function begun(): Promise<{ world: Accepting; runId: string }> {
  const world = startAccepting({ policy: POLICY });
  const accepted = await world.accept("one", MACHINES);
  if (accepted.kind !== "accepted") throw new Error(accepted.kind);
  await world.unfolded();
  return { world, runId: accepted.run.runId };
}

/** One of those that wait ends, as if Defender had refused it. */
async function failOne(world: Accepting): Promise<void> {
  const next = (await world.unfolded()).find(({ state }) => state === "waiting");
  const before = next && (await loadSequence(world.ledger, next.sequenceId));
  if (!before) throw new Error("none waits");
  const outcome = { code: "NoSuchMachine", detail: "" };
  const after = end(claim(before.value, START_MS, A_NONCE), "refused", outcome, START_MS);
  await moveOnce(world.ports, { before, after, nowMs: START_MS });
}

async function runOf({ ledger }: Accepting, runId: string) {
  return runSchema.parse((await ledger.read(runKey(runId)))?.body);
}
