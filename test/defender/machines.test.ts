import { describe, expect, it } from "vitest";

import { clientOf, json, loopback, refusal } from "./loopback.ts";

const id = (digit: number) => String(digit).repeat(40);

describe("findMachines", () => {
  const machines = [
    { id: id(1), computerDnsName: "PC1.corp.example", osPlatform: "Windows11" },
    { id: id(2), computerDnsName: "pc10.corp.example", onboardingStatus: "Onboarded" },
    {
      id: id(3),
      computerDnsName: "pc1",
      osPlatform: "Ubuntu",
      onboardingStatus: "onboarded",
      lastSeen: "2026-11-20T10:00:00Z",
      healthStatus: "Active",
      mergedIntoMachineId: id(5),
      machineTags: ["Tier0"],
      rbacGroupName: "Servers",
    },
    { id: "short", computerDnsName: "pc1" },
    { id: id(4), computerDnsName: null },
  ];

  it.each([
    [["PC1"], "computerDnsName eq 'pc1' or startswith(computerDnsName,'pc1.')", [id(1), id(3)]],
    [["o'brien"], "computerDnsName eq 'o''brien' or startswith(computerDnsName,'o''brien.')", []],
    [
      ["pc1", "pc10"],
      "computerDnsName eq 'pc1' or startswith(computerDnsName,'pc1.') or " +
        "computerDnsName eq 'pc10' or startswith(computerDnsName,'pc10.')",
      [id(1), id(2), id(3)],
    ],
  ])("finds %s by the whole label, in one call", async (labels, filter, ids) => {
    const server = await loopback((_, response) => json(response, 200, { value: machines }));
    const reply = await clientOf(server).findMachines(labels);
    const url = new URL(server.seen[0]?.url ?? "", server.baseUrl);
    expect(url.searchParams.get("$filter")).toBe(filter);
    const found = reply.kind === "answered" ? (reply.value ?? []) : [];
    expect(found.map(({ machineId }) => machineId)).toEqual(ids);
    expect(server.seen).toHaveLength(1);
  });

  it.each([
    ["Onboarded", true],
    ["onboarded", true],
    ["CanBeOnboarded", false],
    ["InsufficientInfo", false],
    [null, true],
    [undefined, true],
  ])(
    "takes a machine with the onboarding status %s for onboarded: %s",
    async (status, onboarded) => {
      const machine = { id: id(1), computerDnsName: "pc1", onboardingStatus: status };
      const server = await loopback((_, response) => json(response, 200, { value: [machine] }));
      expect(await clientOf(server).findMachines(["pc1"])).toMatchObject({
        value: [{ onboarded }],
      });
    },
  );

  it("gives platform, onboarding and last report", async () => {
    const server = await loopback((_, response) => json(response, 200, { value: machines }));
    expect(await clientOf(server).findMachines(["pc1"])).toEqual({
      kind: "answered",
      value: [
        {
          machineId: id(1),
          name: "pc1.corp.example",
          platform: "windows",
          onboarded: true,
          lastSeenAtMs: null,
          health: null,
          mergedInto: null,
          tags: null,
          group: null,
        },
        {
          machineId: id(3),
          name: "pc1",
          platform: "linux",
          onboarded: true,
          lastSeenAtMs: Date.parse("2026-11-20T10:00:00Z"),
          health: "Active",
          mergedInto: id(5),
          tags: ["Tier0"],
          group: "Servers",
        },
      ],
    });
  });

  it("finds none where Defender says 404", async () => {
    const server = await loopback((_, response) => json(response, 404, refusal("NotFound")));
    expect(await clientOf(server).findMachines(["pc1"])).toEqual({ kind: "answered", value: [] });
  });

  it("asks once, and says that there may be more after a next page", async () => {
    const body = { value: machines, "@odata.nextLink": "?$skip=5" };
    const server = await loopback((_, response) => json(response, 200, body));
    expect(await clientOf(server).findMachines(["p"])).toEqual({ kind: "answered", value: null });
    expect(server.seen).toHaveLength(1);
  });

  it.each(["", "x".repeat(64)])("asks nothing for a name no machine can have", async (label) => {
    const server = await loopback(() => {});
    expect(await clientOf(server).findMachines([label])).toEqual({ kind: "answered", value: [] });
    expect(server.seen).toHaveLength(0);
  });
});

describe("readMachines", () => {
  const known = [
    { id: id(1), computerDnsName: "pc1", osPlatform: "Ubuntu" },
    { id: id(3), computerDnsName: "pc3" },
  ];

  it("gives the machines of these ids in one call, and no other", async () => {
    const server = await loopback((_, response) => json(response, 200, { value: known }));
    const reply = await clientOf(server).readMachines([id(1), id(2)]);
    expect(reply).toMatchObject({ kind: "answered", value: [{ machineId: id(1), name: "pc1" }] });
    const url = new URL(server.seen[0]?.url ?? "", server.baseUrl);
    expect(url.searchParams.get("$filter")).toBe(`id eq '${id(1)}' or id eq '${id(2)}'`);
    expect(server.seen).toHaveLength(1);
  });

  it("finds none where Defender says 404", async () => {
    const server = await loopback((_, response) => json(response, 404, refusal("NotFound")));
    expect(await clientOf(server).readMachines([id(1)])).toEqual({ kind: "answered", value: [] });
  });

  it("gives nothing for a part of the list: what is missing would seem not to exist", async () => {
    const body = { value: known, "@odata.nextLink": "?$skip=2" };
    const server = await loopback((_, response) => json(response, 200, body));
    expect(await clientOf(server).readMachines([id(1)])).toMatchObject({ kind: "unavailable" });
  });
});

describe("a machine of which Defender says odd things", () => {
  it.each([
    [{ mergedIntoMachineId: "abc" }, { mergedInto: "abc" }],
    [{ mergedIntoMachineId: id(5).replaceAll("5", "A") }, { mergedInto: "a".repeat(40) }],
    [{ mergedIntoMachineId: 7 }, { mergedInto: "7" }],
    [{ mergedIntoMachineId: "" }, { mergedInto: null }],
    [{ computerDnsName: "" }, { name: null }],
    [{ computerDnsName: " " }, { name: null }],
    [
      { rbacGroupName: "", healthStatus: "" },
      { group: null, health: null },
    ],
  ])("%j is read as %j", async (said, read) => {
    const value = [{ id: id(1), ...said }];
    const server = await loopback((_, response) => json(response, 200, { value }));
    const reply = await clientOf(server).readMachines([id(1)]);
    expect(reply).toMatchObject({ kind: "answered", value: [read] });
  });
});
