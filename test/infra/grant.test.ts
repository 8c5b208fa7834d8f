import { execFileSync } from "node:child_process";
import { afterEach, describe, expect, it } from "vitest";
import { grantCommand } from "../../infra/grant-command.mjs";
import { createGraph } from "../../infra/graph.mjs";
import { type FakeGraph, type Mishap, startFakeGraph } from "./fake-graph.ts";
import { FakeTenant, IDENTITY, PLAYBOOK } from "./fake-tenant.ts";

const ROLES = ["Machine.LiveResponse", "Machine.ReadWrite.All"];
const ASSIGNING = /appRoleAssignedTo$/;

const started: FakeGraph[] = [];
afterEach(() => {
  for (const graph of started.splice(0)) graph.close();
});

async function graphBefore(tenant = new FakeTenant(), ...mishaps: Mishap[]): Promise<FakeGraph> {
  const graph = await startFakeGraph(tenant, mishaps);
  started.push(graph);
  return graph;
}

/** What the command says and returns, before `graph`. */
async function grant({ url, token }: FakeGraph, ...words: string[]) {
  const lines: string[] = [];
  const code = await grantCommand(["--identity", IDENTITY, ...words], {
    env: { GRAPH_URL: url, GRAPH_TOKEN: token },
    fetch,
    sleep: async () => await Promise.resolve(),
    say: (line) => lines.push(line),
    tokenFor: () => Promise.reject(new Error("nobody is signed in")),
  });
  return { code, said: lines.join("\n") };
}

describe("the rights in Defender", () => {
  it("are given, with the request that takes each back", async () => {
    const graph = await graphBefore();
    const { code, said } = await grant(graph);
    expect([code, graph.tenant.rolesOf(IDENTITY)]).toEqual([0, ROLES]);
    expect(said).toContain("gave  Machine.LiveResponse");
    expect(said.match(/appRoleAssignedTo\/assignment-\d+$/gm)).toHaveLength(ROLES.length);
  });

  it("are given once, however often it runs", async () => {
    const graph = await graphBefore();
    await grant(graph);
    const changes = [...graph.changes];
    const { code, said } = await grant(graph);
    expect([code, graph.changes]).toEqual([0, changes]);
    expect(said).toContain("has   Machine.ReadWrite.All");
    expect(said).not.toContain("undo");
  });

  it("are only looked at with --check", async () => {
    const graph = await graphBefore();
    const before = await grant(graph, "--check");
    expect([before.code, graph.changes]).toEqual([1, []]);
    expect(before.said).toContain(`Missing: ${ROLES.join(", ")}.`);
    await grant(graph);
    expect(await grant(graph, "--check")).toMatchObject({ code: 0 });
  });

  it("of an app that faces the internet are those to read machines, and more is told", async () => {
    const graph = await graphBefore();
    await grant(graph, "--front");
    expect(graph.tenant.rolesOf(IDENTITY)).toEqual(["Machine.Read.All"]);
    const { said } = await grant(graph);
    expect(said).toContain("has   Machine.Read.All, which lrq does not need there");
  });

  it("include the library only if asked for, and never for the app that faces the internet", async () => {
    const graph = await graphBefore();
    await grant(graph);
    const check = await grant(graph, "--library", "--check");
    expect(check).toMatchObject({ code: 1, said: expect.stringContaining("lacks Library.Manage") });
    await grant(graph, "--library");
    expect(graph.tenant.rolesOf(IDENTITY)).toEqual([...ROLES, "Library.Manage"]);
    expect((await grant(graph)).said).toMatch(/^has {3}Library\.Manage$/m);
    const front = await grant(graph, "--front");
    expect(front.said).toContain("has   Library.Manage, which lrq does not need there");
    expect(await grant(graph, "--front", "--library")).toMatchObject({ code: 1 });
  });

  it("include hunting only if asked for, and never for the app that faces the internet", async () => {
    const graph = await graphBefore();
    await grant(graph);
    await grant(graph, "--hunting");
    expect(graph.tenant.rolesOf(IDENTITY)).toEqual([...ROLES, "AdvancedQuery.Read.All"]);
    expect((await grant(graph)).said).toMatch(/^has {3}AdvancedQuery\.Read\.All$/m);
    expect(await grant(graph, "--front", "--hunting")).toMatchObject({ code: 1 });
  });

  it("to hunt with Graph are Graph's, and not Defender's", async () => {
    const graph = await graphBefore();
    const before = await grant(graph, "--hunting-graph", "--check");
    expect(before).toMatchObject({ code: 1, said: expect.stringContaining("Threat") });
    const { said } = await grant(graph, "--hunting-graph");
    expect(said).toMatch(/at Microsoft Graph\ngave {2}ThreatHunting\.Read\.All/);
    expect(new Set(graph.tenant.rolesOf(IDENTITY))).toEqual(
      new Set([...ROLES, "ThreatHunting.Read.All"]),
    );
    expect(await grant(graph, "--front", "--hunting-graph")).toMatchObject({ code: 1 });
  });

  it.each([
    { status: 409, code: "Conflict" },
    { status: 400, code: "Request_BadRequest" },
  ])("are there, if somebody else gave them meanwhile: $status", async (answer) => {
    const mishap = { method: "POST", path: ASSIGNING, done: true, ...answer };
    const graph = await graphBefore(new FakeTenant(), mishap);
    const { code } = await grant(graph);
    expect([code, graph.tenant.rolesOf(IDENTITY)]).toEqual([0, ROLES]);
  });

  it.each([
    { method: "POST", path: ASSIGNING, status: 429, code: "TooManyRequests" },
    { method: "POST", path: ASSIGNING, status: 503, code: "ServiceUnavailable" },
    { method: "GET", path: /appRoleAssignments$/, status: 502, code: "BadGateway" },
  ])("are given in the end, if Graph says later: $method $status", async (mishap) => {
    const graph = await graphBefore(new FakeTenant(), mishap, mishap);
    const { code } = await grant(graph);
    expect([code, graph.tenant.rolesOf(IDENTITY)]).toEqual([0, ROLES]);
  });

  it("need an administrator: a refusal says which", async () => {
    const refused = { method: "POST", path: ASSIGNING, status: 403, code: "Authorization_Denied" };
    const graph = await graphBefore(new FakeTenant(), refused);
    const { code, said } = await grant(graph);
    expect([code, graph.tenant.rolesOf(IDENTITY)]).toEqual([1, []]);
    expect(said).toContain("Cloud Application Administrator");
  });

  it("that were given before a refusal can be taken back", async () => {
    const refused = { method: "POST", path: ASSIGNING, status: 403, code: "Denied", after: 1 };
    const graph = await graphBefore(new FakeTenant(), refused);
    const { code, said } = await grant(graph);
    expect([code, graph.tenant.rolesOf(IDENTITY)]).toEqual([1, ROLES.slice(0, 1)]);
    expect(said.match(/appRoleAssignedTo\/assignment-\d+$/gm)).toHaveLength(1);
  });

  it("cannot be given without Defender, or to an identity that Entra does not know", async () => {
    const without = await grant(await graphBefore(new FakeTenant({ defender: false })));
    expect(without).toMatchObject({ code: 1, said: expect.stringContaining("no WindowsDefender") });
    const unknown = { method: "GET", path: /appRoleAssignments$/, status: 404, code: "NotFound" };
    const early = await grant(await graphBefore(new FakeTenant(), unknown));
    expect(early).toMatchObject({ code: 1, said: expect.stringContaining("not the client id") });
  });

  it("are not known to be there, if Graph does not answer", async () => {
    const broken = { method: "POST", path: ASSIGNING, status: 500, code: "InternalServerError" };
    const { code, said } = await grant(await graphBefore(new FakeTenant(), broken));
    expect(code).toBe(2);
    expect(said).toContain("Could not find out: Graph answers 500");
  });
});

/** A registration of lrq's that has neither address nor service principal. */
const OWN = {
  displayName: "lrq callers",
  signInAudience: "AzureADMyOrg" as const,
  api: { requestedAccessTokenVersion: 2 as const },
  appRoles: [
    {
      id: "5f0c4a8e-2b1d-4c57-9a66-0d3c1b9e7a21",
      value: "Incident.Submit",
      isEnabled: true,
      allowedMemberTypes: ["Application"],
    },
  ],
  optionalClaims: { accessToken: [{ name: "idtyp" }] },
  identifierUris: [],
};
/** One of another product that has the same name. */
const FOREIGN = {
  ...OWN,
  api: { requestedAccessTokenVersion: 1 as const },
  appRoles: [],
  optionalClaims: {},
  identifierUris: ["api://contoso/other-product"],
};

describe("the app registration of callers", () => {
  const words = ["--callers", "lrq callers", "--caller", PLAYBOOK];

  it("is made once, with its audience, and lets a caller submit", async () => {
    const graph = await graphBefore();
    const first = await grant(graph, ...words);
    const [app, ...others] = graph.tenant.applications;
    expect([first.code, others]).toEqual([0, []]);
    expect(app).toMatchObject({
      identifierUris: [`api://${app?.appId}`],
      appRoles: [{ value: "Incident.Submit", allowedMemberTypes: ["Application"] }],
      optionalClaims: { accessToken: [{ name: "idtyp" }] },
    });
    expect(graph.tenant.rolesOf(PLAYBOOK)).toEqual(["Incident.Submit"]);
    expect(first.said).toContain(`"audience": "api://${app?.appId}", "roles": ["Incident.Submit"]`);
    const second = await grant(graph, ...words);
    expect([second.code, graph.tenant.applications.length]).toEqual([0, 1]);
    expect(second.said).not.toContain("undo");
  });

  it("is completed, if it was left half made", async () => {
    const refused = { method: "PATCH", path: /applications/, status: 403, code: "Denied" };
    const graph = await graphBefore(new FakeTenant(), refused);
    expect(await grant(graph, ...words)).toMatchObject({ code: 1 });
    expect(await grant(graph, ...words, "--check")).toMatchObject({ code: 1 });
    expect(await grant(graph, ...words)).toMatchObject({ code: 0 });
    expect(await grant(graph, ...words, "--check")).toMatchObject({ code: 0 });
    expect(graph.tenant.applications).toHaveLength(1);
  });

  it("of somebody else is refused with what it lacks, and stays as it is", async () => {
    const tenant = new FakeTenant();
    const before = structuredClone(tenant.addApplication(FOREIGN));
    const graph = await graphBefore(tenant);
    const given = await grant(graph, "--callers", "lrq callers");
    expect([given.code, tenant.applications]).toEqual([1, [before]]);
    expect(given.said).toContain(
      "lrq callers lacks the role Incident.Submit for apps, tokens of version 2, the claim idtyp",
    );
    expect(given.said).not.toContain("All is there");
    const check = await grant(graph, ...words, "--check");
    expect(check.code).toBe(1);
    expect(check.said).toMatch(
      /^Missing: .*Incident\.Submit for apps, tokens of version 2, .*idtyp/m,
    );
    expect(graph.changes.filter((change) => change.includes("applications"))).toEqual([]);
  });

  it.each([
    ["the role", { appRoles: [] }, "the role Incident.Submit for apps"],
    ["the token version", { api: { requestedAccessTokenVersion: 1 as const } }, "of version 2"],
    ["idtyp", { optionalClaims: {} }, "the claim idtyp"],
  ])("is not complete without %s, whoever made it", async (_, less, said) => {
    const graph = await graphBefore();
    await grant(graph, ...words);
    const [app] = graph.tenant.applications;
    if (app === undefined) throw new Error("there is no app");
    graph.tenant.applications[0] = { ...app, ...less };
    const check = await grant(graph, ...words, "--check");
    expect(check).toMatchObject({ code: 1, said: expect.stringContaining(said) });
    expect(await grant(graph, ...words)).toMatchObject({ code: 1 });
  });

  it("keeps the addresses that it has, and can be put back as it was", async () => {
    const tenant = new FakeTenant();
    const app = tenant.addApplication({ ...OWN, identifierUris: ["api://contoso/other"] });
    const graph = await graphBefore(tenant);
    const { code, said } = await grant(graph, ...words);
    expect(code).toBe(0);
    expect(app.identifierUris).toEqual(["api://contoso/other", `api://${app.appId}`]);
    expect(said).toContain(`made  api://${app.appId}`);
    expect(said).toContain(`made  service principal of ${app.appId}`);
    expect(said).toContain(
      `az rest --method PATCH --url ${graph.url}/v1.0/applications/${app.id} ` +
        `--body '{"identifierUris":["api://contoso/other"]}'`,
    );
    expect(said).toMatch(/az rest --method DELETE --url \S+\/servicePrincipals\/[0-9a-f-]+$/m);
  });

  it.each([
    { method: "PATCH", path: /applications/, status: 404, code: "Request_ResourceNotFound" },
    { method: "POST", path: /servicePrincipals$/, status: 400, code: "Request_BadRequest" },
    { method: "POST", path: /servicePrincipals$/, status: 404, code: "Request_ResourceNotFound" },
  ])("is made, though Graph sees it late: $method $status", async (mishap) => {
    const graph = await graphBefore(new FakeTenant(), mishap, mishap);
    expect(await grant(graph, ...words)).toMatchObject({ code: 0 });
    expect(graph.tenant.rolesOf(PLAYBOOK)).toEqual(["Incident.Submit"]);
  });

  it("does not wait for ever for Graph to see it", async () => {
    const late = { method: "PATCH", path: /applications/, status: 404, code: "NotFound" };
    const mishaps = Array.from({ length: 50 }, () => late);
    const { code, said } = await grant(await graphBefore(new FakeTenant(), ...mishaps), ...words);
    expect([code, said]).toEqual([1, expect.stringContaining("Graph answers 404")]);
  });

  it("is made once, though Entra lists it late and the command is run again at once", async () => {
    const graph = await graphBefore(new FakeTenant({ lateApplications: 8 }));
    const first = await grant(graph, ...words);
    expect(first).toMatchObject({ code: 0, said: expect.not.stringContaining("run this again") });
    expect(await grant(graph, ...words)).toMatchObject({ code: 0 });
    expect(graph.tenant.applications).toHaveLength(1);
  });

  it("is not to be asked for again before Entra lists it", async () => {
    const graph = await graphBefore(new FakeTenant({ lateApplications: 100 }));
    const { code, said } = await grant(graph, ...words);
    expect([code, said]).toEqual([
      0,
      expect.stringContaining("does not list lrq callers yet: wait some minutes"),
    ]);
  });

  it("lets a caller submit, though its service principal is listed late", async () => {
    const tenant = new FakeTenant({ lateLists: 8 });
    tenant.addPrincipal(tenant.addApplication(OWN).appId);
    const graph = await graphBefore(tenant);
    expect(await grant(graph, ...words)).toMatchObject({ code: 0 });
    expect(tenant.rolesOf(PLAYBOOK)).toEqual(["Incident.Submit"]);
  });

  it("says why it stops, if its service principal is not listed in time", async () => {
    const tenant = new FakeTenant({ lateLists: 100 });
    tenant.addPrincipal(tenant.addApplication(OWN).appId);
    const { code, said } = await grant(await graphBefore(tenant), ...words);
    expect([code, said]).toEqual([1, expect.stringContaining("Try again in minutes")]);
  });

  it("is missed by --check, which makes nothing", async () => {
    const graph = await graphBefore();
    const { code, said } = await grant(graph, ...words, "--check");
    expect([code, graph.changes]).toEqual([1, []]);
    expect(said).toContain("lacks app registration lrq callers");
  });
});

describe("what is typed wrong", () => {
  it.each([
    ["--caller", PLAYBOOK],
    ["--callers", "a' or 'b"],
    ["--cloud", "private"],
    ["--callers", "lrq", "--caller", "../me"],
  ])("is refused before anything is asked: %s %s", async (...words) => {
    const graph = await graphBefore();
    const { code, said } = await grant(graph, ...words);
    expect([code, graph.changes]).toEqual([1, []]);
    expect(said).toContain("--identity ID");
  });
});

describe("the token of an administrator", () => {
  it("goes to Graph only, and to no other address that somebody names", async () => {
    const graph = { ...(await graphBefore()), url: "https://graph.contoso.example" };
    const { code, said } = await grant(graph);
    expect(code).toBe(2);
    expect(said).toContain("GRAPH_URL is not on this machine");
  });

  it("does not follow the next page of a list to another address", async () => {
    const graph = await graphBefore();
    const elsewhere = { value: [], "@odata.nextLink": "https://contoso.example/more" };
    let asked = 0;
    const client = createGraph({
      ...graph,
      fetch: async () => {
        asked += 1;
        return await Promise.resolve(Response.json(elsewhere));
      },
      sleep: async () => await Promise.resolve(),
    });
    await expect(client.all("/applications")).rejects.toThrow("not Graph's");
    expect(asked).toBe(1);
  });
});

describe("the script", () => {
  it("needs Node and nothing else", () => {
    const env = { PATH: "" };
    const said = execFileSync(process.execPath, ["infra/grant.mjs", "--help"], { env });
    expect(said.toString()).toContain("node infra/grant.mjs --identity ID");
  });
});
