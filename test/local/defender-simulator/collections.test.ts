import { describe, expect, it } from "vitest";
import { codeOf, GET, idOf, machineId, machines, PUT, startBench } from "./caller.ts";
import type { Bench } from "./caller.ts";

/** Three actions, ten seconds apart, on machines 0, 1 and 2; the last one is cancelled. */
async function threeActions(options: Parameters<typeof startBench>[0] = {}) {
  const bench = await startBench({ timings: { pendingSeconds: [60, 60] }, ...options });
  const ids: string[] = [];
  for (const machine of [0, 1, 2]) {
    ids.push(idOf(await bench.submit(machine, [PUT])));
    bench.clock.advanceSeconds(10);
  }
  await bench.call("POST", `/api/machineactions/${ids[2]}/cancel`, { Comment: "no" });
  return { ...bench, ids };
}

async function machinesListed({ call }: Pick<Bench, "call">, query: string) {
  const reply = await call("GET", `/api/machineactions?${query}`);
  const value = reply.at("value");
  return Array.isArray(value) ? value.map(({ machineId: id }) => Number(id)) : reply.text;
}

describe("the list of machine actions", () => {
  it("is newest first, whole, and of every requestor", async () => {
    const bench = await threeActions();
    bench.simulator.startForeignSession(machineId(9), "other");
    expect(await machinesListed(bench, "")).toEqual([9, 2, 1, 0]);
  });

  it.each([
    ["status eq 'Cancelled'", [2]],
    ["status ne 'Cancelled'", [1, 0]],
    [`machineId eq '${machineId(1)}' and type eq 'LiveResponse'`, [1]],
    ["requestor eq 'somebody'", []],
    ["creationDateTimeUtc ge 2026-11-21T08:00:10Z", [2, 1]],
    ["creationDateTimeUtc gt 2026-11-21T08:00:10.0000000Z", [2]],
    ["creationDateTimeUtc lt 2026-11-21T08:00:10Z", [0]],
    ["MachineId eq '" + machineId(1) + "' and Type eq 'LiveResponse'", [1]],
    [`machineId eq '${machineId(0)}' or machineId eq '${machineId(2)}'`, [2, 0]],
  ])("takes the filter %s", async (filter, expected) => {
    const bench = await threeActions();
    const query = new URLSearchParams({ $filter: filter }).toString();
    expect(query).toContain("+");
    expect(await machinesListed(bench, query)).toEqual(expected);
  });

  it("takes $top and $skip, and leads from page to page when its pages are short", async () => {
    const bench = await threeActions({ limits: { pageSize: 2 } });
    expect(await machinesListed(bench, "$top=1&$skip=1")).toEqual([1]);
    const first = await bench.call("GET", "/api/machineactions?$filter=type eq 'LiveResponse'");
    expect(first.at("value")).toHaveLength(2);
    const second = await bench.call("GET", String(first.at("@odata.nextLink")));
    expect(second.at("value")).toHaveLength(1);
    expect(second.at("@odata.nextLink")).toBeUndefined();
  });

  it("refuses what begins with a dollar and is no option, in OData's own shape", async () => {
    const { call } = await startBench();
    const refused = await call("GET", "/api/machineactions?$stop=2");
    expect(refused.status).toBe(400);
    expect(refused.at("error")).toMatchObject({ code: "", details: [] });
    expect(refused.at("error", "message")).toContain("Custom query option '$stop'");
    expect(refused.at("error", "target")).toBeUndefined();
  });

  it.each([
    "$filter=requestorComment eq 'x'",
    "$filter=status eq",
    "$filter=status eq 'Pending",
    "$filter=(status eq 'Pending')",
    "$filter=not status eq 'Pending'",
    "$filter=status in ('Pending')",
    "$filter=status like 'P'",
    "$top=-1",
    "$top=10001",
  ])("refuses %s", async (query) => {
    const { call } = await startBench();
    expect((await call("GET", `/api/machineactions?${query}`)).status).toBe(400);
  });

  it("orders, selects and counts, or refuses to, as the switch says", async () => {
    const query = "$orderby=CreationDateTimeUtc asc&$select=Id,machineId&$count=true";
    const bench = await threeActions();
    expect(await machinesListed(bench, query)).toEqual([0, 1, 2]);
    const reply = await bench.call("GET", `/api/machineactions?${query}`);
    expect(reply.at("@odata.count")).toBe(3);
    expect(Object.keys(Object(reply.at("value", 0)))).toEqual(["id", "machineId"]);
    const strict = await startBench({ switches: { moreQueryOptions: "refused" } });
    expect((await strict.call("GET", `/api/machineactions?${query}`)).status).toBe(400);
  });
});

describe("the quotas of reads", () => {
  it("are 100 a minute and 1,500 an hour, with Retry-After", async () => {
    const { call, clock, simulator } = await startBench({
      limits: { readsPerMinute: 3, readsPerHour: 5 },
    });
    const list = async () => {
      const reply = await call("GET", "/api/machineactions");
      return [reply.status, reply.headers.get("retry-after")];
    };
    for (let time = 0; time < 3; time += 1) expect(await list()).toEqual([200, null]);
    expect(await list()).toEqual([429, "60"]);
    clock.advanceSeconds(61);
    expect(await list()).toEqual([200, null]);
    // Refused calls count, so this is the sixth in the hour.
    expect(await list()).toEqual([429, "3539"]);
    expect(simulator.reads()).toEqual({ list: 6 });
    expect(simulator.violations()).toHaveLength(2);
  });

  it("say nothing of when to come back when the switch says so", async () => {
    const { call } = await startBench({
      limits: { readsPerMinute: 0 },
      switches: { retryAfterOnReads: false },
    });
    const refused = await call("GET", "/api/machineactions");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, null]);
  });

  it("are kept for each API, or for all together, as the switch says", async () => {
    expect(await secondApiStatus("perApi")).toBe(200);
    expect(await secondApiStatus("shared")).toBe(429);
  });

  it("do not touch the calls a minute of the POST", async () => {
    const { call, submit } = await startBench({ limits: { callsPerMinute: 1 } });
    await call("GET", "/api/machineactions");
    expect((await submit(0, [PUT, GET])).status).toBe(201);
  });
});

describe("the machines", () => {
  const three = [
    { ...machines(1)[0]!, computerDnsName: "web-1.corp", machineTags: ["prod", "web"] },
    { ...machines(2)[1]!, computerDnsName: "web-2.corp", lastSeen: "2026-10-01T00:00:00Z" },
    { ...machines(3)[2]!, computerDnsName: "o'hara.corp", osPlatform: "Linux" },
  ];
  const named = async (query: string) => {
    const { call } = await startBench({ machines: three });
    const value = (await call("GET", `/api/machines${query}`)).at("value");
    return Array.isArray(value) ? value.map(({ computerDnsName }) => computerDnsName) : value;
  };

  it.each([
    ["", ["web-1.corp", "web-2.corp", "o'hara.corp"]],
    ["?$filter=startswith(computerDnsName,'web-')", ["web-1.corp", "web-2.corp"]],
    ["?$filter=computerDnsName eq 'o''hara.corp'", ["o'hara.corp"]],
    ["?$filter=contains(osPlatform,'Windows') and lastSeen lt 2026-11-01", ["web-2.corp"]],
    ["?$filter=LastSeen ge 2026-11-01T00:00:00Z and OsPlatform eq 'Linux'", ["o'hara.corp"]],
    ["?$filter=machineTags/any(t: t eq 'web')", ["web-1.corp"]],
    ["?$filter=MachineTags/any(tag:tag eq 'we')", []],
    ["?$filter=onboardingStatus eq 'Onboarded'&$top=1&$skip=1", ["web-2.corp"]],
    ["/findbytag?tag=pro&useStartsWithFilter=true", ["web-1.corp"]],
    ["/findbytag?tag=pro&useStartsWithFilter=false", []],
    ["/findbytag(tag='pro',useStartsWithFilter=true)", ["web-1.corp"]],
    ["/findbytag%28tag%3D%27pro%27%2CuseStartsWithFilter%3Dtrue%29", ["web-1.corp"]],
  ])("are found with %s", async (query, expected) => {
    expect(await named(query)).toEqual(expected);
  });

  it("are found one by one by id or by name", async () => {
    const { call } = await startBench({ machines: three });
    expect((await call("GET", `/api/machines/${machineId(1)}`)).at("id")).toBe(machineId(1));
    expect((await call("GET", "/api/machines/WEB-2.corp")).at("id")).toBe(machineId(1));
    const unknown = await call("GET", "/api/machines/web-3.corp");
    expect([unknown.status, codeOf(unknown)]).toEqual([404, "ResourceNotFound"]);
  });

  it("cannot be filtered by the name of their group", async () => {
    const { call } = await startBench();
    const refused = await call("GET", "/api/machines?$filter=rbacGroupName eq 'x'");
    expect(refused.status).toBe(400);
  });

  it("answer an empty list or 404 when none matches, as the switch says", async () => {
    const path = "/api/machines?$filter=id eq 'x'";
    expect((await (await startBench()).call("GET", path)).at("value")).toEqual([]);
    const strict = await startBench({ switches: { noMachineMatch: "notFound" } });
    expect((await strict.call("GET", path)).status).toBe(404);
    const empty = await startBench({ machines: [] });
    expect((await empty.call("GET", "/api/machines")).status).toBe(404);
  });
});

async function secondApiStatus(readQuotaScope: "perApi" | "shared") {
  const { call } = await startBench({
    limits: { readsPerMinute: 1 },
    switches: { readQuotaScope },
  });
  await call("GET", "/api/machineactions");
  return (await call("GET", "/api/machines")).status;
}
