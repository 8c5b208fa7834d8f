import { describe, expect, it, onTestFinished } from "vitest";
import type { SimulatorOptions } from "../../local/defender-simulator/options.ts";
import { startSimulator } from "../../local/defender-simulator/simulator.ts";
import type { Hunted, Reply } from "../../shared/ports.ts";
import { machineId, machines } from "../local/defender-simulator/caller.ts";
import { clientOf, json, loopback, refusal } from "./loopback.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);
const QUERY = 'DeviceInfo | where OSPlatform == "Linux" | distinct DeviceId';

async function hunted(columns: readonly string[], rows: readonly unknown[]) {
  const body = { Schema: columns.map((Name) => ({ Name, Type: "String" })), Results: rows };
  const server = await loopback((_, response) => json(response, 200, body));
  return await clientOf(server).hunt(QUERY);
}

const TENANT = [...machines(3), ...machines(5, { osPlatform: "Linux" }).slice(3)];

/** What a tenant of three machines of Windows and two of Linux answers. */
async function asked(query: string, more: Partial<SimulatorOptions> = {}): Promise<Reply<Hunted>> {
  const simulator = await startSimulator({ seed: 1, machines: TENANT, ...more });
  onTestFinished(() => simulator.close());
  const { host } = new URL(simulator.url);
  return await clientOf({ host, baseUrl: simulator.url, seen: [] }).hunt(query);
}

/** The answer that names the machines with these numbers. */
function found(...indexes: number[]): object {
  const machineIds = indexes.map(machineId);
  return { kind: "answered", value: { kind: "machines", machineIds, odd: 0, isCut: false } };
}

describe("hunt", () => {
  it("posts the query as it is, and gives each machine once in the order of the rows", async () => {
    const rows = [B, A, B.toUpperCase()].map((DeviceId) => ({ DeviceId, FileName: "x.exe" }));
    const body = { Schema: [{ Name: "FileName" }, { Name: "DeviceId" }], Results: rows };
    const server = await loopback((_, response) => json(response, 200, body));
    expect(await clientOf(server).hunt(QUERY)).toEqual({
      kind: "answered",
      value: { kind: "machines", machineIds: [B, A], odd: 0, isCut: false },
    });
    const [{ method, url, body: sent } = { method: "", url: "", body: "{}" }] = server.seen;
    expect([method, url, JSON.parse(sent)]).toEqual([
      "POST",
      "/api/advancedqueries/run",
      { Query: QUERY },
    ]);
  });

  it("counts rows without the id of a machine", async () => {
    const rows = [{ DeviceId: A }, { DeviceId: "" }, { DeviceId: null }, {}, { DeviceId: "pc-1" }];
    const value = { kind: "machines", machineIds: [A], odd: 4, isCut: false };
    expect(await hunted(["DeviceId"], rows)).toEqual({ kind: "answered", value });
  });

  it("says so if the query gives no column DeviceId, and which it gives instead", async () => {
    const columns = ["deviceid", ...Array.from({ length: 30 }, (_, index) => `c${index}`)];
    expect(await hunted(columns, [{ deviceid: A }])).toEqual({
      kind: "answered",
      value: { kind: "noDeviceColumn", columns: columns.slice(0, 20) },
    });
  });

  it("says that there may be more behind as many rows as Defender ever gives", async () => {
    const rows = Array.from({ length: 100_000 }, (_, index) => {
      return { DeviceId: String(index).padStart(40, "0") };
    });
    const reply = await hunted(["DeviceId"], rows);
    const value = reply.kind === "answered" ? reply.value : null;
    expect(value).toMatchObject({ kind: "machines", isCut: true });
    const fewer = await hunted(["DeviceId"], rows.slice(1));
    expect(fewer).toMatchObject({ value: { isCut: false } });
  });

  it.each([[{ Results: [] }], [{ Schema: [{ Name: "DeviceId" }] }], [{ value: [] }], [[]]])(
    "does not take %j for an answer",
    async (body) => {
      const server = await loopback((_, response) => json(response, 200, body));
      expect((await clientOf(server).hunt(QUERY)).kind).toBe("unavailable");
    },
  );

  it.each([
    [400, "BadRequest", "refused"],
    [403, "Forbidden", "refused"],
    [404, "NotFound", "absent"],
    [429, "TooManyRequests", "throttled"],
    [500, "InternalServerError", "unavailable"],
  ])("after %i is %s: %s", async (status, code, kind) => {
    const server = await loopback((_, response) => json(response, status, refusal(code)));
    expect((await clientOf(server).hunt(QUERY)).kind).toBe(kind);
  });
});

const graphToken = async () => ({ token: "graph-token", expiresAtMs: 3_600_000 });

/** Lets Graph at this address run the queries. */
function graphAt(baseUrl: string) {
  return { graph: { baseUrl, getToken: graphToken } };
}

describe("hunt with Graph", () => {
  it.each(["name", "Name"])("posts the query to Graph with its own token (%s)", async (name) => {
    const body = {
      schema: [{ [name]: "DeviceId" }],
      results: [{ DeviceId: A }, { DeviceId: "x" }],
    };
    const server = await loopback((_, response) => json(response, 200, body));
    expect(await clientOf(server, graphAt(server.baseUrl)).hunt(QUERY)).toEqual({
      kind: "answered",
      value: { kind: "machines", machineIds: [A], odd: 1, isCut: false },
    });
    expect(server.seen).toMatchObject([
      {
        method: "POST",
        url: "/v1.0/security/runHuntingQuery",
        body: `{"Query":${JSON.stringify(QUERY)}}`,
      },
    ]);
    expect(server.seen[0]?.headers.authorization).toBe("Bearer graph-token");
  });

  it("is answered by the simulated tenant as Defender's own API is", async () => {
    const simulator = await startSimulator({ seed: 1, machines: TENANT });
    onTestFinished(() => simulator.close());
    const { host } = new URL(simulator.url);
    const server = { host, baseUrl: simulator.url, seen: [] };
    const [graph, own] = [clientOf(server, graphAt(simulator.url)), clientOf(server)];
    for (const query of [QUERY, "DeviceInfo | summarize count() by OSPlatform", "nonsense"]) {
      const [theirs, ours] = [await graph.hunt(query), await own.hunt(query)];
      const known = theirs.kind === "refused" ? { kind: "refused", httpStatus: 400 } : theirs;
      expect(ours).toMatchObject(known);
    }
  });

  it("does not send its token to an address without https", () => {
    const server = { host: "127.0.0.1:1", baseUrl: "http://127.0.0.1:1", seen: [] };
    expect(() => clientOf(server, graphAt("http://graph.example"))).toThrow("https");
  });
});

describe("the simulated tenant", () => {
  it.each([
    ["DeviceInfo | distinct DeviceId", found(0, 1, 2, 3, 4)],
    ['  DeviceInfo\n| where OSPlatform=="Linux"\n| distinct DeviceId\n', found(3, 4)],
    ['DeviceInfo | where DeviceName == "pc-1.corp.contoso.example" | distinct DeviceId', found(1)],
    ['DeviceInfo | where MachineGroup == "Servers" | distinct DeviceId', found()],
    [
      "DeviceInfo | summarize count() by OSPlatform",
      { kind: "answered", value: { kind: "noDeviceColumn", columns: ["OSPlatform", "count_"] } },
    ],
    ["DeviceInfo | distinct DeviceName", { kind: "refused", httpStatus: 400 }],
    ['DeviceInfo | where Owner == "x" | distinct DeviceId', { kind: "refused", httpStatus: 400 }],
    ["DeviceProcessEvents | distinct DeviceId", { kind: "refused", httpStatus: 400 }],
  ])("answers %s", async (query, answer) => {
    expect(await asked(query)).toMatchObject(answer);
  });

  it("gives no more rows than its limit", async () => {
    const reply = await asked("DeviceInfo | distinct DeviceId", { limits: { huntRows: 2 } });
    expect(reply).toMatchObject(found(0, 1));
  });

  it("counts the hunts of a minute, and refuses them without the right or by a fault", async () => {
    const query = "DeviceInfo | distinct DeviceId";
    const none = await asked(query, { limits: { huntsPerMinute: 0 } });
    expect(none.kind).toBe("throttled");
    const fault = await asked(query, { faults: [{ on: "hunt", fault: "429", retryAfter: "9" }] });
    expect(fault).toEqual({ kind: "throttled", retryAfterMs: 9_000 });
    const roles = ["Machine.ReadWrite.All"];
    const token = { required: true, accepted: [{ token: "token-1", roles }] };
    const refused = await asked(query, { token });
    expect(refused).toMatchObject({ kind: "refused", httpStatus: 403, code: "Forbidden" });
    expect(JSON.stringify(refused)).toContain("AdvancedQuery.Read.All");
  });
});
