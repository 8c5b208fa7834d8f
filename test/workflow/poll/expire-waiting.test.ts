import { reading } from "../../access/reaching.ts";
import { describe, expect, it } from "vitest";
import { machineKey } from "../../../shared/ledger/row/keys.ts";
import { LANES } from "../../../shared/plan/lane.ts";
import type { SequenceState } from "../../../shared/ledger/sequence/sequence.ts";
import type { Defender, Reply } from "../../../shared/ports.ts";
import { poll } from "../../../shared/workflow/poll/poll.ts";
import { describeRun } from "../../../shared/workflow/view/describe-run.ts";
import { HOUR_MS } from "../../ledger/a-sequence.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { BLIND, changed, startHours } from "./hours.ts";

const LIMITS = someLimits();
const down = async (): Promise<Reply<never>> => ({ kind: "unavailable", detail: "timed out" });

describe("what is over", () => {
  it.each<[string, Partial<Defender>, Partial<Record<SequenceState, number>>]>([
    ["no token is to be had", { prepare: down }, { expired: 6 }],
    // The first is sent before a list can have been refused, and it is not known what became of it.
    ["Defender refuses to list", BLIND, { expired: 5, failed: 1 }],
  ])("ends while %s, and its run with it", async (_, defender, counts) => {
    const world = startHours({ submit: neverSent, ...defender });
    const accepted = await world.accept("one", [1, 2, 3, 4, 5, 6]);
    await world.hours(71);
    const runId = accepted.kind === "accepted" ? accepted.run.runId : "";
    const run = async () => await describeRun(world.ports, LIMITS, runId, reading());
    expect((await run())?.counts).toMatchObject({ expired: 0, failed: 0 });
    await world.hours(3);
    expect(await run()).toMatchObject({ state: "finished", counts: { total: 6, ...counts } });
  });

  it("ends in every lane, behind what has time, behind a machine and between two parts", async () => {
    const world = startHours({ prepare: down });
    await world.accept(
      "one",
      Array.from({ length: 13 }, (_, number) => number),
    );
    const ids = (await world.unfolded()).map(({ sequenceId }) => sequenceId);
    const [holder = "", behind = "", long = "", ...rest] = ids;
    const { acceptedAtMs } = await changed(world, holder, {});
    const over = { expiresAtMs: acceptedAtMs + HOUR_MS };
    for (const lane of LANES) {
      // The first of its lane has time: ranks are not in the order of acceptance.
      const [first = "", second = ""] = rest.slice(lane * 2);
      await changed(world, first, { lane, pass: 1 });
      await changed(world, second, { lane, pass: 2, ...over });
    }
    await changed(world, holder, { pass: 99, part: 1, parts: [[], []], ...over });
    // Another of ours that still has time holds its machine.
    const { machineId } = await changed(world, long, { part: 1 });
    await changed(world, behind, { machineId, place: { kind: "behind" }, ...over });
    const lease = { v: 1, sequenceId: long, waiters: true };
    const key = machineKey(machineId);
    await world.ledger.commit([{ op: "replace", key, body: lease, etag: "*" }]);
    await world.hours(2);
    const ended = (await world.unfolded()).filter(({ state }) => state === "expired");
    const seconds = LANES.map((lane) => rest[lane * 2 + 1] ?? "");
    expect(ended.map(({ sequenceId }) => sequenceId).toSorted()).toEqual(
      [holder, behind, ...seconds].toSorted(),
    );
  });

  it("is looked for without a request more while all that waits is read with the rest", async () => {
    const world = startHours({ prepare: down });
    await world.accept("one", [1, 2]);
    await world.hours(1);
    const asked: string[] = [];
    const counting = {
      ...world.ports,
      ledger: {
        ...world.ports.ledger,
        list: async (from: string, before: string, limit: number) => {
          asked.push(from);
          return await world.ports.ledger.list(from, before, limit);
        },
      },
    };
    world.pass(1_000);
    await poll(counting, LIMITS, "p");
    expect(asked.filter((from) => from.startsWith("behind") || from.startsWith("ready!"))).toEqual(
      [],
    );
  });
});

async function neverSent(): ReturnType<Defender["submit"]> {
  return { kind: "unknown", detail: "the connection broke" };
}
