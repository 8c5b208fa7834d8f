import { describe, expect, it } from "vitest";
import { readConfig } from "../shared/config.ts";
import { SHIPPED_LINGER_MS } from "./simulation/scenario.ts";

const WORKING = { AzureWebJobsStorage: "UseDevelopmentStorage=true", POLL_SCHEDULE: "0 * * * * *" };

describe("the setting LOCKDOWN", () => {
  it.each(["true", "TRUE", "yes", "1", "on", "ture", "flase", "-"])(
    "locks when it is %j",
    (text) => {
      expect(readConfig({ ...WORKING, LOCKDOWN: text })).toMatchObject({
        config: { access: { lockdown: true } },
      });
    },
  );

  it.each([undefined, "", "false", "False", " no ", "off", "0"])(
    "does not when it is %j",
    (text) => {
      expect(readConfig({ ...WORKING, LOCKDOWN: text })).toMatchObject({
        config: { access: { lockdown: false } },
      });
    },
  );
});

const problemsWith = (authority: string) => {
  const read = readConfig({ ...WORKING, ENTRA_AUTHORITY: authority });
  return read.kind === "wrong" ? read.problems.map(({ path }) => path) : [];
};

describe("the setting ENTRA_AUTHORITY", () => {
  it.each(["https://login.microsoftonline.us", "https://login.example/", "http://127.0.0.1:1234"])(
    "takes %s",
    (authority) => {
      expect(problemsWith(authority)).toEqual([]);
    },
  );

  it.each(["http://login.microsoftonline.com", "http://127.0.0.1.example", "ftp://a", "login"])(
    "refuses %s, where somebody else could answer",
    (authority) => {
      expect(problemsWith(authority)).toEqual(["ENTRA_AUTHORITY"]);
    },
  );
});

describe("the setting DRAIN_LINGER_SECONDS", () => {
  it("ships as what the simulation keeps its promises with", () => {
    expect(readConfig(WORKING)).toMatchObject({ config: { lingerMs: SHIPPED_LINGER_MS } });
  });
});

const problemsOf = (env: Readonly<Record<string, string>>) => {
  const read = readConfig({ ...WORKING, ...env });
  return read.kind === "wrong" ? read.problems.map(({ path }) => path) : [];
};

describe("the address of Defender", () => {
  it.each([
    "http://api.security.microsoft.com",
    "https://user@api.security.microsoft.com",
    "https://api.security.microsoft.com/?a=b",
    "https://api.security.microsoft.com/#a",
    "https://api.security.microsoft.com/api?",
    "https://api.security.microsoft.com#",
    "https://api.security.microsoft.com/#/",
    "https://@api.security.microsoft.com",
    "https://api.security.microsoft.com/api/machines",
    "https://api.security.microsoft.com/v1",
  ])("is refused as a setting when it is %s", (DEFENDER_API_URL) => {
    expect(problemsOf({ DEFENDER_API_URL })).toEqual(["DEFENDER_API_URL"]);
  });

  it.each(["", "/", "/api", "/api/", "/API", "/Api//", "\\api", "/api/api"])(
    "may end in %j, as Microsoft's pages print it",
    (end) => {
      const url = "https://eu.api.security.microsoft.com";
      const read = readConfig({ ...WORKING, DEFENDER_API_URL: `${url}${end}` });
      expect(read).toMatchObject({ config: { defender: { url } } });
    },
  );

  it.each([
    ["https://api-gov.securitycenter.microsoft.us", "commercial"],
    ["https://api-gcc.securitycenter.microsoft.us", "commercial"],
    ["https://api-gov.securitycenter.microsoft.us", "gcc"],
  ])("%s is refused in the cloud %s", (DEFENDER_API_URL, DEFENDER_CLOUD) => {
    expect(problemsOf({ DEFENDER_API_URL, DEFENDER_CLOUD })).toEqual(["DEFENDER_CLOUD"]);
  });

  it.each(["gcc-high", "dod"])("in %s needs the Entra and the Azure of that cloud", (cloud) => {
    const env = { DEFENDER_CLOUD: cloud, SENTINEL_COMMENTS: "true" };
    expect(problemsOf(env)).toEqual(["ENTRA_AUTHORITY", "AZURE_MANAGEMENT_URL"]);
    expect(
      problemsOf({
        ...env,
        ENTRA_AUTHORITY: "https://login.microsoftonline.us",
        AZURE_MANAGEMENT_URL: "https://management.usgovcloudapi.net",
      }),
    ).toEqual([]);
  });

  it("in gcc goes with the Entra and the Azure of the commercial cloud", () => {
    expect(problemsOf({ DEFENDER_CLOUD: "gcc", SENTINEL_COMMENTS: "true" })).toEqual([]);
  });
});

const GRAPH = { HUNTING_API: "graph" };
const ENTRA_AUTHORITY = "https://login.microsoftonline.us";
const DEFENDER_API_URL = "http://127.0.0.1:9000";

describe("the setting HUNTING_API", () => {
  it.each([
    ["Defender's own if nothing is set", {}, null],
    ["Graph of the cloud", GRAPH, "https://graph.microsoft.com"],
    [
      "Graph of a government cloud",
      { ...GRAPH, DEFENDER_CLOUD: "dod", ENTRA_AUTHORITY },
      "https://dod-graph.microsoft.us",
    ],
    ["the simulator, which has both", { ...GRAPH, DEFENDER_API_URL }, DEFENDER_API_URL],
  ])("leads queries to %s", (_, env, graphUrl) => {
    expect(readConfig({ ...WORKING, ...env })).toMatchObject({
      config: { defender: { graphUrl } },
    });
  });
});

describe("the partition of the ledger", () => {
  it.each([
    [{}, "tenant|app"],
    [{ DEFENDER_CLIENT_ID: "front" }, "tenant|front"],
    [{ DEFENDER_CLIENT_ID: "front", LEDGER_CLIENT_ID: "back" }, "tenant|back"],
  ])("with %j is %s", (env, partition) => {
    expect(readConfig({ ...WORKING, ...env })).toMatchObject({ config: { partition } });
  });
});
