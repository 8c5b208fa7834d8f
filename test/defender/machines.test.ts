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
    expect(reply.kind === "answered" && reply.value.map((found) => found.machineId)).toEqual(ids);
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

  it("does not take a later page that is gone for a list without machines", async () => {
    const server = await loopback(({ url }, response) =>
      url.includes("skip")
        ? json(response, 404, refusal("NotFound"))
        : json(response, 200, { value: machines, "@odata.nextLink": "?$skip=5" }),
    );
    expect((await clientOf(server).findMachines("pc1")).kind).toBe("unavailable");
  });

  it.each(["", "x".repeat(254)])("asks nothing for a name no machine can have", async (name) => {
    const server = await loopback(() => {});
    expect(await clientOf(server).findMachines(name)).toEqual({ kind: "answered", value: [] });
    expect(server.seen).toHaveLength(0);
  });
});
