import { describe, expect, it } from "vitest";
import type { MachineScope } from "../../../shared/access/machine-scope.ts";
import { sequenceKey } from "../../../shared/ledger/row/keys.ts";
import type { Defender, Machine } from "../../../shared/ports.ts";
import { FACTS_AGE_MS } from "../../../shared/workflow/submit/lacks-facts.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting, type Accepting } from "../accepting.ts";
import { drained } from "../drained.ts";
import { aMachine, knowingEach, noAnswer } from "../known-machines.ts";

/** A 400 that may mean the request, and may as well be of a gateway. */
const MAY_BE = { kind: "unavailable", detail: "HTTP 400", mayBeOfRequest: true } as const;
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

const submit = async () => ({ kind: "accepted", actionId: "a-1", comment: null }) as const;

/** What a drain does once Defender says this of machines. */
async function after(
  world: Accepting,
  readMachines: Defender["readMachines"],
  scope: MachineScope = {},
) {
  const calls: (readonly string[])[] = [];
  const counting: Defender["readMachines"] = async (machineIds) => {
    calls.push(machineIds);
    return await readMachines(machineIds);
  };
  const came = await drained(through(world, counting), someLimits(), submit, scope);
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
    ["is not onboarded", { onboarded: false }, "It is not onboarded"],
    ["was merged into another", { mergedInto: OTHER_ID }, `merged it into ${OTHER_ID}`],
  ])("ends without a POST if its machine %s", async (_, facts, detail) => {
    const { posts, records } = await after(await byWord(1), knowingEach(facts));
    expect(posts).toBe(0);
    const outcome = { code: "otherMachine", detail: expect.stringContaining(detail) };
    expect(records).toMatchObject([{ state: "refused", outcome }]);
  });

  it("ends without a POST if Defender knows no such machine, or refuses to show it", async () => {
    const none = await after(await byWord(1), async () => ({ kind: "answered", value: [] }));
    const code = "InvalidInput";
    const refusal = { kind: "refused", httpStatus: 400, code, detail: "HTTP 400" } as const;
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

  it("is named with another of its machine if an older version kept no history of both", async () => {
    const world = await byWord(1);
    await world.accept("other", [1], {}, through(world, noAnswer).ports);
    for (const { sequenceId } of await world.unfolded()) {
      const row = await world.ledger.read(sequenceKey(sequenceId));
      if (row === null) throw new Error("no sequence");
      const body = Object.assign({}, row.body, { attempt: 1, attempts: 1 });
      await world.ledger.commit([{ op: "replace", key: row.key, body, etag: row.etag }]);
    }
    const { posts, records } = await after(world, knowingEach({ name: "dc-1" }));
    expect(posts).toBe(1);
    expect(records.map(({ machineName }) => machineName)).toEqual(["dc-1", "dc-1"]);
  });

  it("waits, unchanged, while Defender gives no answer, and the drain asks once", async () => {
    const world = await byWord(1, 2, 3, 4, 5, 6);
    const { posts, ended, records, calls } = await after(world, noAnswer);
    expect([posts, ended, calls.length]).toEqual([0, "nothing", 1]);
    expect(records.map(({ state }) => state)).toEqual(Array<string>(6).fill("waiting"));
  });

  it("waits alone while an answer may mean its machine, and the others of its call go", async () => {
    const world = await byWord(1, 2);
    const { records } = await after(world, async (machineIds) => {
      const isOdd = machineIds.some((each) => Number(each) === 1);
      return isOdd ? MAY_BE : await knowingEach()(machineIds);
    });
    const stateOf = (machine: number) =>
      records.find(({ machineId }) => Number(machineId) === machine)?.state;
    expect([stateOf(1), stateOf(2)]).toEqual(["waiting", "submitted"]);
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

/** So many machines were accepted, without tags, and time has passed since. */
async function waited(machines: readonly number[], ms: number): Promise<Accepting> {
  const world = startAccepting();
  await world.accept("case", machines, {}, through(world, knowingEach({ tags: [] })).ports);
  await world.unfolded();
  world.pass(ms);
  return world;
}

/** The first machine has the tag by now. */
const tagged =
  (tag: string): Defender["readMachines"] =>
  async (machineIds) => {
    const value = machineIds.map((each) =>
      aMachine(each, { tags: Number(each) === 1 ? [tag] : [], health: "Inactive" }),
    );
    return { kind: "answered", value };
  };

describe("a sequence that has waited while its machine got a tag", () => {
  const BY_TAG = { deny: [{ tags: ["no-response"] }], tier0: [{ tags: ["tier0"] }] };
  const many = Array.from({ length: 30 }, (_, number) => number + 1);

  it.each([
    ["denied", "no-response", "deny.0"],
    ["tier 0, and nobody has approved it", "tier0", "tier0.0"],
  ])("ends without a POST if the tag makes it %s; the next one goes", async (_, tag, rule) => {
    const world = await waited([1, 2, 3], FACTS_AGE_MS + 1);
    const { posts, records, calls } = await after(world, tagged(tag), BY_TAG);
    // Before the first list ever, one POST goes.
    expect([posts, calls.length]).toEqual([1, 1]);
    const first = records.find(({ machineId }) => Number(machineId) === 1);
    expect(first).toMatchObject({ state: "refused", outcome: { code: "outOfScope" } });
    expect(first?.outcome?.detail).toContain(rule);
    const others = records.filter(({ state }) => state === "submitted");
    expect(others).toMatchObject([{ machineFacts: { health: "Inactive" } }]);
  });

  it("costs one call for all that come next", async () => {
    const world = await waited(many, FACTS_AGE_MS + 1);
    const { calls, records } = await after(world, tagged(""), BY_TAG);
    const readAhead = someLimits().callsPerWindow + 1;
    expect(calls.map((ids) => ids.length)).toEqual([readAhead]);
    const known = records.filter(({ machineFacts }) => machineFacts?.health === "Inactive");
    expect(known).toHaveLength(readAhead);
  });

  it.each<[string, number, MachineScope]>([
    ["its facts are young", FACTS_AGE_MS - 1, BY_TAG],
    ["no rule needs them", 100 * FACTS_AGE_MS, { deny: [{ ids: ["f".repeat(40)] }] }],
  ])("is not asked about while %s", async (_, ms, scope) => {
    const world = await waited([1], ms);
    const { posts, calls } = await after(world, tagged(""), scope);
    expect([posts, calls]).toEqual([1, []]);
  });

  it("waits while Defender gives no answer", async () => {
    const world = await waited([1], FACTS_AGE_MS + 1);
    const { posts, records } = await after(world, noAnswer, BY_TAG);
    expect([posts, records[0]?.state]).toEqual([0, "waiting"]);
  });
});

it("a batch that Defender refuses is asked for one by one, so one bad id spoils no other", async () => {
  const world = startAccepting();
  const code = "InvalidInput";
  const refusal = { kind: "refused", httpStatus: 400, code, detail: "HTTP 400" } as const;
  const readMachines: Defender["readMachines"] = async (machineIds) => {
    const isBad = machineIds.some((each) => each.endsWith("2"));
    return isBad ? refusal : { kind: "answered", value: machineIds.map((each) => aMachine(each)) };
  };
  const answer = await world.accept("case", [1, 2, 3], {}, through(world, readMachines).ports);
  if (answer.kind !== "accepted") throw new Error(answer.kind);
  expect(answer.sequences.map(({ machineId }) => Number(machineId))).toEqual([1, 3]);
  expect(answer.skipped).toMatchObject([{ reason: "Defender refused to look it up: HTTP 400" }]);
});
