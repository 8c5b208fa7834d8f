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
    ["PC1", "startswith(computerDnsName,'pc1')", [id(1), id(3)]],
    ["pc1.corp.example", "computerDnsName eq 'pc1.corp.example'", [id(1)]],
    ["o'brien", "startswith(computerDnsName,'o''brien')", []],
  ])("finds %s exactly", async (name, filter, ids) => {
    const server = await loopback((_, response) => json(response, 200, { value: machines }));
    const reply = await clientOf(server).findMachines(name);
    const url = new URL(server.seen[0]?.url ?? "", server.baseUrl);
    expect(url.searchParams.get("$filter")).toBe(filter);
    const found = reply.kind === "answered" ? (reply.value ?? []) : [];
    expect(found.map(({ machineId }) => machineId)).toEqual(ids);
  });

  it("gives platform, onboarding and last report", async () => {
    const server = await loopback((_, response) => json(response, 200, { value: machines }));
    expect(await clientOf(server).findMachines("pc1")).toEqual({
      kind: "answered",
      value: [
        {
          machineId: id(1),
          name: "pc1.corp.example",
          platform: "windows",
          onboarded: false,
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
    expect(await clientOf(server).findMachines("pc1")).toEqual({ kind: "answered", value: [] });
  });

  it.each([
    ["a next page", { value: machines, "@odata.nextLink": "?$skip=5" }],
    ["a full page", { value: Array.from({ length: 1_000 }, () => machines[0]) }],
  ])("asks once, and says that there may be more after %s", async (_, body) => {
    const server = await loopback((__, response) => json(response, 200, body));
    expect(await clientOf(server).findMachines("p")).toEqual({ kind: "answered", value: null });
    expect(server.seen).toHaveLength(1);
    expect(server.seen[0]?.url).toContain("top=1000");
  });

  it.each(["", "x".repeat(254)])("asks nothing for a name no machine can have", async (name) => {
    const server = await loopback(() => {});
    expect(await clientOf(server).findMachines(name)).toEqual({ kind: "answered", value: [] });
    expect(server.seen).toHaveLength(0);
  });
});
