import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { WORKER_SETTINGS } from "../../local/settings.ts";
import { readConfig, settings } from "../../shared/config.ts";
import { appSettings, EVERY_SNAPSHOT, infraFile, type Snapshot, SNAPSHOTS } from "./snapshot.ts";

/** Settings of lrq that no deployment sets, and why. */
const NEVER_DEPLOYED = {
  AzureWebJobsStorage: "a connection string is a key",
  AzureWebJobsStorage__accountName: "right in the public cloud only; the three addresses are set",
  DEFENDER_ACCESS_TOKEN: "for the simulator",
  AZURE_MANAGEMENT_ACCESS_TOKEN: "for the simulator",
  CALLBACK_ALLOW_LOOPBACK: "for a local stack",
};

/** Settings that only the Functions host reads. */
const HOSTS_OWN = [
  "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
  "APPLICATIONINSIGHTS_CONNECTION_STRING",
  "AzureWebJobsDisableHomepage",
  "AzureWebJobsStorage__credential",
  "languageWorkers__node__arguments",
];

/** Flex Consumption sets these itself, or refuses them (page "App settings reference"). */
const REFUSED_BY_FLEX =
  /^(FUNCTIONS_(WORKER_RUNTIME|EXTENSION_VERSION)|(WEBSITE_|SCM_DO_BUILD|ENABLE_ORYX).*|TZ)$/;

/** What the expressions of a snapshot come to in Azure, in the cloud of the customer. */
const atRunTime = (cloud: { login: string; management: string; storage: string }) =>
  [
    [/primaryEndpoints\.(blob|queue|table)/, `https://stlrq.$1.${cloud.storage}/`],
    [/loginEndpoint/, cloud.login],
    [/resourceManager/, cloud.management],
    [/defaultHostName/, "https://func-lrq.azurewebsites.net"],
    [/\bclientId(\.value)?\]$/, "33333333-3333-3333-3333-333333333333"],
    [/ClientId=/, "ClientId=33333333-3333-3333-3333-333333333333;Authorization=AAD"],
    [/\.ConnectionString\]$/, "InstrumentationKey=0"],
    [/parameters\('callers'\)|@Microsoft\.KeyVault/, "[]"],
  ] as const;
const PUBLIC = atRunTime({
  login: "https://login.microsoftonline.com/",
  management: "https://management.azure.com/",
  storage: "core.windows.net",
});
const GOVERNMENT = atRunTime({
  login: "https://login.microsoftonline.us/",
  management: "https://management.usgovcloudapi.net/",
  storage: "core.usgovcloudapi.net",
});

/** The environment that the app finds. */
function environmentOf(snapshot: Snapshot): Record<string, string> {
  const known = snapshot === SNAPSHOTS.government ? GOVERNMENT : PUBLIC;
  const env: Record<string, string> = {};
  for (const [name, text] of Object.entries(appSettings(snapshot))) {
    const [form, value] = known.find(([each]) => each.test(text)) ?? [];
    if (text.startsWith("[") && form === undefined) throw new Error(`what does ${text} come to?`);
    env[name] = form === undefined ? text : (form.exec(text)?.[0] ?? "").replace(form, value ?? "");
  }
  return env;
}

/** Settings that the triggers name, `%NAME%` or a connection. */
function namedByTriggers(): string[] {
  const folder = new URL("../../functions/", import.meta.url);
  const text = readdirSync(folder)
    .map((name) => readFileSync(new URL(name, folder), "utf8"))
    .join();
  const named = [...text.matchAll(/"%(\w+)%"/g)].map(([, name = ""]) => name);
  const connections = [...text.matchAll(/connection: "(\w+)"/g)];
  return [...named, ...connections.map(([, name = ""]) => `${name}__credential`)];
}

describe("the settings of a deployment", () => {
  it("are all that the code knows, but for those of a laptop, and those of the host", () => {
    const never = Object.keys(NEVER_DEPLOYED);
    const inCode = Object.keys(settings.shape);
    expect(inCode).toEqual(expect.arrayContaining(never));
    const expected = [...inCode.filter((name) => !never.includes(name)), ...HOSTS_OWN];
    expect(Object.keys(appSettings(SNAPSHOTS.full)).toSorted()).toEqual(expected.toSorted());
  });

  it.each(EVERY_SNAPSHOT)("are a configuration that works: $name", ({ snapshot }) => {
    const read = readConfig(environmentOf(snapshot));
    expect(read).toMatchObject({ kind: "config", config: { storage: { kind: "identity" } } });
  });

  it("that may be changed have a closed list of names", () => {
    expect(infraFile("modules/settings.bicep")).toMatch(/^@sealed\(\)\ntype LrqSettings = \{$/m);
    expect(infraFile("main.bicep")).toMatch(/^param settings LrqSettings = /m);
  });

  it("lead to Defender, Entra and Azure of US Government there", () => {
    expect(readConfig(environmentOf(SNAPSHOTS.government))).toMatchObject({
      config: {
        storage: { tableUrl: "https://stlrq.table.core.usgovcloudapi.net" },
        defender: { url: "https://api-gov.securitycenter.microsoft.us" },
        callbacks: { managementUrl: "https://management.usgovcloudapi.net" },
      },
    });
    expect(environmentOf(SNAPSHOTS.government)["ENTRA_AUTHORITY"]).toContain("microsoftonline.us");
  });

  it.each(EVERY_SNAPSHOT)("have none that Flex Consumption refuses: $name", ({ snapshot }) => {
    const refused = Object.keys(appSettings(snapshot)).filter((name) => REFUSED_BY_FLEX.test(name));
    expect(refused).toEqual([]);
  });

  it.each(EVERY_SNAPSHOT)("have what the triggers name: $name", ({ snapshot }) => {
    const named = namedByTriggers();
    expect(named).toContain("POLL_SCHEDULE");
    expect(Object.keys(appSettings(snapshot))).toEqual(expect.arrayContaining(named));
  });

  it.each(EVERY_SNAPSHOT)("give the worker what the local worker has: $name", ({ snapshot }) => {
    const worker = Object.entries(WORKER_SETTINGS).filter(([name]) => !REFUSED_BY_FLEX.test(name));
    expect(worker).not.toEqual([]);
    expect(appSettings(snapshot)).toMatchObject(Object.fromEntries(worker));
  });

  it("keep the secrets of callers out of the prediction", () => {
    expect(appSettings(SNAPSHOTS.default)["CALLERS"]).toBe("[parameters('callers')]");
    const reference = /@Microsoft\.KeyVault\(SecretUri=https:\/\/\{0\}\/secrets\/\{1\}\)/;
    expect(appSettings(SNAPSHOTS.full)["CALLERS"]).toMatch(reference);
  });
});
