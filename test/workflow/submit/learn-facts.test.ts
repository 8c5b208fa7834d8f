import { describe, expect, it } from "vitest";
import { sequenceKey } from "../../../shared/ledger/row/keys.ts";
import type { Defender, Machine } from "../../../shared/ports.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting, type Accepting } from "../accepting.ts";
import { drained } from "../drained.ts";
import { aMachine, knowingEach, noAnswer } from "../known-machines.ts";

const OTHER_ID = "f".repeat(40);

function through(world: Accepting, readMachines: Defender["readMachines"]): Accepting {
  const defender = { ...world.ports.defender, readMachines };
  return { ...world, ports: { ...world.ports, defender } };
}

/** Machines that were accepted by the word of their sender: `windows`, by their ids alone. */
async function byWord(...machines: readonly number[]): Promise<Accepting> {
  const world = startAccepting();
  await world.accept("case", machines, {}, through(world, noAnswer).ports);
  await world.unfolded();
  return world;
}

/** What a drain does once Defender says this of machines. */
async function after(world: Accepting, readMachines: Defender["readMachines"]) {
  const calls: (readonly string[])[] = [];
  const counting: Defender["readMachines"] = async (machineIds) => {
    calls.push(machineIds);
    return await readMachines(machineIds);
  };
  const came = await drained(through(world, counting), someLimits(), async () => {
    return { kind: "accepted", actionId: "a-1", comment: null };
  });
  return { ...came, calls };
}

describe("a sequence that was accepted by the word of its sender", () => {
  it("is sent after Defender has said what its machine is, and has Defender's name", async () => {
    const world = await byWord(1);
    const name = "pc-1.corp.example";
    const { posts, records, calls } = await after(world, knowingEach({ name, tags: ["a"] }));
    expect([posts, calls.length]).toEqual([1, 1]);
    expect(records).toMatchObject([
      {
        state: "submitted",
        machineName: name,
        machineFacts: { name, platform: "windows", tags: ["a"], group: null },
      },
    ]);
  });

  it.each<[string, Partial<Machine>, string]>([
    ["runs another system", { platform: "linux" }, "runs linux"],
    ["runs a phone's system", { platform: { kind: "notOurs", said: "iOS" } }, "no system"],
    ["runs what Defender does not say", { platform: null }, "no system"],
    ["was merged into another", { mergedInto: OTHER_ID }, `merged it into ${OTHER_ID}`],
  ])("ends without a POST if its machine %s", async (_, facts, detail) => {
    const { posts, records } = await after(await byWord(1), knowingEach(facts));
    expect(posts).toBe(0);
    const outcome = { code: "otherMachine", detail: expect.stringContaining(detail) };
    expect(records).toMatchObject([{ state: "refused", outcome }]);
  });

  it("ends without a POST if Defender knows no such machine, or refuses to show it", async () => {
    const none = await after(await byWord(1), async () => ({ kind: "answered", value: [] }));
    const refusal = { kind: "refused", httpStatus: 400, code: "", detail: "HTTP 400" } as const;
    const refused = await after(await byWord(1), async () => refusal);
    const details = [...none.records, ...refused.records].map(({ outcome }) => outcome?.detail);
    expect(details).toEqual([
      "Defender knows no machine with this id.",
      "Defender refused to look it up: HTTP 400",
    ]);
    expect(none.posts + refused.posts).toBe(0);
  });

  it("ends without a POST if somebody has approved it under another name", async () => {
    const world = await byWord(1);
    const row = world.ledger.rows().find(({ key }) => key.startsWith(sequenceKey("")));
    if (row === undefined) throw new Error("no sequence");
    const body = Object.assign({}, row.body, {
      machineName: "lab-1",
      approvals: { needed: 1, by: ["ann"] },
    });
    await world.ledger.commit([{ op: "replace", key: row.key, body, etag: row.etag }]);
    const { posts, records } = await after(world, knowingEach({ name: "dc-1" }));
    expect(posts).toBe(0);
    expect(records[0]?.outcome?.detail).toContain("approved by another name; Defender's is dc-1");
  });

  it("waits, unchanged, while Defender gives no answer, and the drain asks once", async () => {
    const world = await byWord(1, 2, 3, 4, 5, 6);
    const { posts, ended, records, calls } = await after(world, noAnswer);
    expect([posts, ended, calls.length]).toEqual([0, "nothing", 1]);
    expect(records.map(({ state }) => state)).toEqual(Array<string>(6).fill("waiting"));
  });

  it("holds up none whose machine is known", async () => {
    const world = await byWord(1, 2);
    await world.accept("known", [3]);
    const { records } = await after(world, noAnswer);
    const states = records.map(({ machineId, state }) => [Number(machineId), state]);
    expect(new Map(states.map(([number, state]) => [number, state]))).toEqual(
      new Map<unknown, unknown>([
        [1, "waiting"],
        [2, "waiting"],
        [3, "submitted"],
      ]),
    );
  });
});

it("a batch that Defender refuses is asked for one by one, so one bad id spoils no other", async () => {
  const world = startAccepting();
  const refusal = { kind: "refused", httpStatus: 400, code: "", detail: "HTTP 400" } as const;
  const readMachines: Defender["readMachines"] = async (machineIds) => {
    const isBad = machineIds.some((each) => each.endsWith("2"));
    return isBad ? refusal : { kind: "answered", value: machineIds.map((each) => aMachine(each)) };
  };
  const answer = await world.accept("case", [1, 2, 3], {}, through(world, readMachines).ports);
  if (answer.kind !== "accepted") throw new Error(answer.kind);
  expect(answer.sequences.map(({ machineId }) => Number(machineId))).toEqual([1, 3]);
  expect(answer.skipped).toMatchObject([{ reason: "Defender refused to look it up: HTTP 400" }]);
});
