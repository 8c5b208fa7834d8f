import { describe, expect, it } from "vitest";
import type { MachineMention } from "../../../shared/incident/incident.ts";
import type { MachineScope } from "../../../shared/access/machine-scope.ts";
import type { Defender, Machine } from "../../../shared/ports.ts";
import { resolveMachines } from "../../../shared/workflow/accept/resolve-machines.ts";
import { someLimits } from "../../limits/some-limits.ts";
import { startAccepting } from "../accepting.ts";
import { aMachine as machineOf } from "../known-machines.ts";

const id = (digit: number) => digit.toString(16).padStart(40, "0");

function aMachine(digit: number, more: Partial<Machine> = {}): Machine {
  const named = { name: `pc-${digit}.corp.example`, platform: "linux", health: "Active" } as const;
  return machineOf(id(digit), { ...named, ...more });
}

const mention = (more: Partial<MachineMention>): MachineMention => ({
  machineId: null,
  name: null,
  platform: null,
  ...more,
});

/** What becomes of mentions in a tenant with these machines, and which calls that took. */
async function resolved(
  tenant: readonly Machine[],
  mentions: readonly MachineMention[],
  { scope = {} }: { scope?: MachineScope } = {},
) {
  const calls: (readonly string[])[] = [];
  const world = startAccepting();
  const readMachines: Defender["readMachines"] = async (machineIds) => {
    calls.push(machineIds);
    const value = tenant.filter(({ machineId }) => machineIds.includes(machineId));
    return { kind: "answered", value };
  };
  const findMachines: Defender["findMachines"] = async (labels) => {
    calls.push(labels);
    const value = tenant.filter(({ name }) => labels.includes(name?.split(".")[0] ?? ""));
    return { kind: "answered", value };
  };
  const ports = {
    ...world.ports,
    defender: { ...world.ports.defender, readMachines, findMachines },
  };
  const looking = { limits: someLimits(), by: "soar", pay: async () => true, scope };
  const answer = await resolveMachines(ports, looking, mentions);
  if (answer.kind !== "resolved") throw new Error(answer.detail);
  return { machines: answer.machines, calls };
}

const iOS = { kind: "notOurs", said: "iOS" } as const;

describe("a machine given by its id", () => {
  it("is asked for when nobody says its platform", async () => {
    const said = mention({ machineId: id(1) });
    const { machines, calls } = await resolved([aMachine(1)], [said]);
    expect([machines, calls]).toMatchObject([[{ kind: "known", platform: "linux" }], [[id(1)]]]);
  });

  it("is what Defender says, whatever the sender says of it", async () => {
    const said = mention({ machineId: id(1), name: "ceo-laptop", platform: "windows" });
    const { machines, calls } = await resolved([aMachine(1, { tags: ["a"] })], [said]);
    expect(calls).toEqual([[id(1)]]);
    const name = "pc-1.corp.example";
    const facts = { name, platform: "linux", tags: ["a"], group: null };
    expect(machines).toMatchObject([{ name, platform: "linux", namedAs: "ceo-laptop", facts }]);
  });

  it("is shown under no other name when only the domain differs", async () => {
    const said = mention({ machineId: id(1), name: "pc-1.other.example" });
    const { machines } = await resolved([aMachine(1)], [said]);
    expect(machines[0]).not.toHaveProperty("namedAs");
  });

  it("is of no platform when Defender names none, whatever the sender says", async () => {
    const said = mention({ machineId: id(1), platform: "windows" });
    const { machines } = await resolved([aMachine(1, { platform: null })], [said]);
    expect(machines).toMatchObject([{ kind: "known", platform: null }]);
  });

  it("is asked for when the sender's word is unknown, and Defender's counts", async () => {
    const platform = { kind: "unknownWord", said: "BeOS" } as const;
    const said = [mention({ machineId: id(1), platform })];
    const { machines } = await resolved([aMachine(1)], said);
    expect(machines).toMatchObject([{ platform: "linux" }]);
    const tenant = [aMachine(1, { platform })];
    expect((await resolved(tenant, said)).machines).toMatchObject([{ platform }]);
  });

  it("is left out with the reason when Defender does not know it", async () => {
    const { machines } = await resolved([], [mention({ machineId: id(1) })]);
    expect(machines).toMatchObject([
      { kind: "unresolved", reason: expect.stringMatching(/knows no/) },
    ]);
  });

  it("costs no call when it is a phone, whatever the scope asks for", async () => {
    const said = [
      mention({ machineId: id(1), platform: iOS }),
      mention({ name: "a", platform: iOS }),
    ];
    const scope = { deny: [{ tags: ["x"] }] };
    const { machines, calls } = await resolved([aMachine(1)], said, { scope });
    expect(calls).toEqual([]);
    expect(machines).toMatchObject([
      { kind: "unresolved", reason: expect.stringContaining("iOS") },
      { kind: "unresolved" },
    ]);
  });

  it("is one of twenty in a call: 500 machines take 25 calls, and 500 names 50", async () => {
    const tenant = Array.from({ length: 500 }, (_, at) => aMachine(at));
    const byId = tenant.map(({ machineId }) => mention({ machineId, platform: "linux" }));
    const { machines, calls } = await resolved(tenant, byId);
    expect(machines.map((each) => each.kind === "known" && each.machineId)).toEqual(
      tenant.map(({ machineId }) => machineId),
    );
    expect(calls.map((each) => each.length)).toEqual(Array<number>(25).fill(20));
    const byName = await resolved(
      tenant,
      tenant.map(({ name }) => mention({ name })),
    );
    expect(byName.machines.every(({ kind }) => kind === "known")).toBe(true);
    expect(byName.calls.map((each) => each.length)).toEqual(Array<number>(50).fill(10));
  });
});

describe("a machine whose name in Defender is an IP address", () => {
  it("is not the one whose name is the first number of the address", async () => {
    const tenant = [aMachine(1, { name: "10.0.0.5" })];
    const { machines } = await resolved(tenant, [mention({ name: "10" })]);
    expect(machines).toMatchObject([{ kind: "unresolved" }]);
  });
});

describe("a machine that is not onboarded", () => {
  const off = { name: "srv.a.example", onboarded: false };
  const other = aMachine(2, { name: "srv.b.example" });

  it.each([
    ["its name", off, mention({ name: "srv.a.example" })],
    [
      "its name, which Defender closes with a dot",
      { ...off, name: "srv.a.example." },
      mention({ name: "srv.a.example" }),
    ],
    [
      "a name without a domain, which is its whole name",
      { ...off, name: "srv" },
      mention({ name: "srv" }),
    ],
    ["its id", off, mention({ machineId: id(1) })],
    ["its id and its name", off, mention({ machineId: id(1), name: "srv.a.example" })],
  ])(
    "is left out with the reason by %s, and no namesake is taken for it",
    async (_, more, said) => {
      const { machines } = await resolved([aMachine(1, more), other], [said]);
      expect(machines).toMatchObject([
        { kind: "unresolved", reason: expect.stringContaining("it is not onboarded") },
      ]);
    },
  );

  it.each([
    ["is onboarded", {}],
    ["was merged", { mergedInto: id(3) }],
  ])("may be meant by a name in another domain as well as one that %s", async (_, more) => {
    const said = mention({ name: "srv.x.example" });
    const { machines } = await resolved([aMachine(1, off), { ...other, ...more }], [said]);
    expect(machines).toMatchObject([
      {
        kind: "unresolved",
        reason: expect.stringContaining(`${id(1)} (srv.a.example, not onboarded, never seen)`),
      },
    ]);
  });

  it("is no choice beside one of the same name that is onboarded", async () => {
    const tenant = [aMachine(1, off), aMachine(3, { name: "srv.a.example" })];
    const { machines } = await resolved(tenant, [mention({ name: "srv.a.example" })]);
    expect(machines).toMatchObject([{ kind: "known", machineId: id(3) }]);
  });
});

describe("a machine that was merged into another", () => {
  const merged = aMachine(1, { mergedInto: id(2) });

  it("is that other one, by its id and by its name", async () => {
    const tenant = [merged, aMachine(2)];
    for (const said of [mention({ machineId: id(1) }), mention({ name: "pc-1" })]) {
      const { machines } = await resolved(tenant, [said]);
      expect(machines).toMatchObject([
        { kind: "known", machineId: id(2), namedAs: said.name ?? id(1) },
      ]);
    }
  });

  it("is left out without a call when Defender names that one by no id", async () => {
    const tenant = [aMachine(1, { mergedInto: "abc" })];
    const { machines, calls } = await resolved(tenant, [mention({ machineId: id(1) })]);
    expect(calls).toEqual([[id(1)]]);
    expect(machines).toMatchObject([
      { kind: "unresolved", reason: expect.stringContaining("merged it into abc") },
    ]);
  });

  it.each([
    ["merged again", aMachine(2, { mergedInto: id(1) })],
    ["not onboarded", aMachine(2, { onboarded: false })],
    ["not there", aMachine(3)],
  ])("is left out with the reason when that one is %s", async (_, other) => {
    const { machines } = await resolved([merged, other], [mention({ machineId: id(1) })]);
    expect(machines).toMatchObject([
      { kind: "unresolved", reason: expect.stringContaining(`merged it into ${id(2)}`) },
    ]);
  });

  it("is no choice beside one that is there", async () => {
    const namesake = aMachine(3, { name: "pc-1" });
    const { machines } = await resolved([merged, namesake], [mention({ name: "pc-1" })]);
    expect(machines).toMatchObject([{ kind: "known", machineId: id(3) }]);
  });
});

describe("a machine given by its name", () => {
  it("is found in another domain by the first part, if that is one machine's", async () => {
    const said = [mention({ name: "pc-1.other.example" })];
    const { machines, calls } = await resolved([aMachine(1)], said);
    expect(calls).toEqual([["pc-1"]]);
    expect(machines).toMatchObject([{ machineId: id(1), namedAs: "pc-1.other.example" }]);
  });

  it("says how it was written, if that had to be read", async () => {
    const said = [mention({ name: "pc-1", written: "PC-1$" })];
    const { machines } = await resolved([aMachine(1)], said);
    expect(machines).toMatchObject([{ machineId: id(1), namedAs: "PC-1$" }]);
    const plain = await resolved([aMachine(1)], [mention({ name: "pc-1" })]);
    expect(plain.machines[0]).not.toHaveProperty("namedAs");
  });

  it("that several have is left out, and the reason says which is which, the newest first", async () => {
    const old = { lastSeenAtMs: Date.UTC(2026, 0, 2), health: "Inactive" };
    const tenant = [
      aMachine(1, { name: "pc", ...old }),
      aMachine(2, { name: "pc.corp.example", lastSeenAtMs: Date.UTC(2026, 10, 20) }),
      aMachine(3, { name: "pc", health: null }),
    ];
    const { machines } = await resolved(tenant, [mention({ name: "pc" })]);
    expect(machines).toMatchObject([
      {
        kind: "unresolved",
        reason:
          `Several machines have this name; send the id of one: ` +
          `${id(2)} (pc.corp.example, Active, last seen 2026-11-20T00:00:00.000Z); ` +
          `${id(1)} (pc, Inactive, last seen 2026-01-02T00:00:00.000Z); ` +
          `${id(3)} (pc, health unknown, never seen).`,
      },
    ]);
  });
});
