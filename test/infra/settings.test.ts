import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { WORKER_SETTINGS } from "../../local/settings.ts";
import { readConfig, settings } from "../../shared/config.ts";
import { appSettings, EVERY_SNAPSHOT, SNAPSHOTS } from "./snapshot.ts";

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

/** What the expressions of a snapshot come to in Azure. */
const AT_RUN_TIME: readonly (readonly [RegExp, string])[] = [
  [/primaryEndpoints\.(blob|queue|table)/, "https://stlrq.$1.core.windows.net/"],
  [/loginEndpoint/, "https://login.microsoftonline.com/"],
  [/resourceManager/, "https://management.azure.com/"],
  [/defaultHostName/, "https://func-lrq.azurewebsites.net"],
  [/\bclientId\]$/, "33333333-3333-3333-3333-333333333333"],
  [/ClientId=/, "ClientId=33333333-3333-3333-3333-333333333333;Authorization=AAD"],
  [/\.ConnectionString\]$/, "InstrumentationKey=0"],
  [/parameters\('callers'\)/, "[]"],
];

function atRunTime(name: string, text: string): string {
  if (!text.startsWith("[")) return text;
  const known = AT_RUN_TIME.find(([form]) => form.test(text));
  if (known === undefined) throw new Error(`${name} is ${text}: say what that comes to`);
  const [form, value] = known;
  return (form.exec(text)?.[0] ?? "").replace(form, value);
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
    const env = Object.fromEntries(
      Object.entries(appSettings(snapshot)).map(([name, text]) => [name, atRunTime(name, text)]),
    );
    const read = readConfig(env);
    expect(read).toMatchObject({ kind: "config", config: { storage: { kind: "identity" } } });
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
  });
});
