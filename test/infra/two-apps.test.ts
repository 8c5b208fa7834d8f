import { describe, expect, it } from "vitest";
import { z } from "zod";
import { DISABLED, registeredFunctions } from "../docs/two-apps.ts";
import { rightsIn } from "./rights.ts";
import { ofType, onlyOf, settingsOf, SNAPSHOTS } from "./snapshot.ts";

const TWO = SNAPSHOTS.twoApps;
const SITE = "Microsoft.Web/sites";
const DISABLES = /^AzureWebJobs\.(\w+)\.Disabled$/;

const appSchema = z.object({
  name: z.string(),
  tags: z.object({ "azd-service-name": z.string() }),
  identity: z.object({ userAssignedIdentities: z.record(z.string(), z.unknown()) }),
  properties: z.object({
    serverFarmId: z.string(),
    keyVaultReferenceIdentity: z.string(),
    virtualNetworkSubnetId: z.string(),
    siteConfig: z.object({
      ipSecurityRestrictionsDefaultAction: z.string(),
      ipSecurityRestrictions: z.array(z.unknown()),
    }),
    functionAppConfig: z.object({
      deployment: z.object({ storage: z.object({ value: z.string() }) }),
      scaleAndConcurrency: z.object({ alwaysReady: z.array(z.unknown()) }),
    }),
  }),
});

/** An app of the deployment by its service in azure.yaml, and its settings. */
function appOf(service: string) {
  const sites = ofType(TWO, SITE).map((site) => appSchema.parse(site));
  const site = sites.find(({ tags }) => tags["azd-service-name"] === service);
  if (site === undefined) throw new Error(`no app for ${service}`);
  const all = Object.entries(settingsOf(TWO, site.name));
  const disabled = all.flatMap(([name]) => DISABLES.exec(name)?.[1] ?? []);
  const values = all.filter(([name]) => DISABLES.test(name)).map(([, value]) => value);
  const settings = Object.fromEntries(all.filter(([name]) => !DISABLES.test(name)));
  const identities = Object.keys(site.identity.userAssignedIdentities);
  return { ...site, disabled, values, settings, identities };
}

/** The front keeps the name and so the address that senders know. */
const FRONT = appOf("api");
const BACK = appOf("back");
/** The last parts of an id, without the text that makes names of Azure unique. */
const endOf = (id: string, parts: number) =>
  id
    .split("/")
    .slice(-parts)
    .join("/")
    .replace(/-?[a-z0-9]{13}$/, "");
const nameOf = (id: string) => endOf(id, 1);

describe("two apps", () => {
  it("are there with a plan and an identity each, and only if somebody asks for them", () => {
    for (const type of [SITE, "Microsoft.Web/serverfarms"]) {
      expect(ofType(TWO, type)).toHaveLength(2);
      expect(ofType(SNAPSHOTS.default, type)).toHaveLength(1);
      expect(ofType(SNAPSHOTS.full, type)).toHaveLength(1);
    }
    expect(FRONT.properties.serverFarmId).not.toBe(BACK.properties.serverFarmId);
    expect(FRONT.identities.map(nameOf)).toEqual(["id-lrq-front"]);
    expect(BACK.identities.map(nameOf)).toEqual(["id-lrq"]);
  });

  it("leave to the front the name that one app has", () => {
    expect(nameOf(FRONT.name)).toBe(nameOf(onlyOf(SNAPSHOTS.default, SITE).name));
    expect(nameOf(BACK.name)).toBe("func-lrq-back");
  });

  it("leave no trace in a deployment of one app, but outputs that are empty", () => {
    for (const snapshot of [SNAPSHOTS.default, SNAPSHOTS.full, SNAPSHOTS.government]) {
      const { predictedResources, outputs } = snapshot;
      const traces = predictedResources.filter((resource) =>
        /\bfront|-back\b|\.Disabled"/i.test(JSON.stringify(resource)),
      );
      expect(traces.map(({ id }) => id)).toEqual([]);
      const empty = Object.entries(outputs).filter(([, value]) => value === "");
      expect(empty.map(([name]) => name).toSorted()).toEqual([
        "LRQ_FRONT_IDENTITY_PRINCIPAL_ID",
        "SERVICE_BACK_NAME",
      ]);
    }
  });

  it("disable what the README says, and between them run every function once", () => {
    expect(FRONT.disabled.toSorted()).toEqual([...(DISABLED.get("front") ?? [])].toSorted());
    expect(BACK.disabled.toSorted()).toEqual([...(DISABLED.get("back") ?? [])].toSorted());
    expect([...FRONT.disabled, ...BACK.disabled].toSorted()).toEqual(registeredFunctions());
    expect(new Set([...FRONT.values, ...BACK.values])).toEqual(new Set(["true"]));
  });

  it("have all other settings in common, but for the identity and their telemetry's", () => {
    const own = [
      "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
      "AzureWebJobsStorage__clientId",
      "DEFENDER_CLIENT_ID",
      "PUBLIC_URL",
    ];
    expect(Object.keys(FRONT.settings).toSorted()).toEqual(Object.keys(BACK.settings).toSorted());
    const different = Object.keys(FRONT.settings).filter(
      (name) => FRONT.settings[name] !== BACK.settings[name],
    );
    expect(different.toSorted()).toEqual(own);
    for (const name of own.slice(0, 3)) {
      expect(FRONT.settings[name]).toContain("/id-lrq-front-");
      expect(BACK.settings[name]).toMatch(/\/id-lrq-\w{13}'/);
    }
  });

  it("share the ledger of the back, and lead readers to the front", () => {
    const ledger = FRONT.settings["LEDGER_CLIENT_ID"];
    expect(ledger).toMatch(/'identity'.*\.outputs\.clientId\.value/);
    expect(FRONT.settings["PUBLIC_URL"]).toContain(`/${FRONT.name}'`);
    expect(BACK.settings["PUBLIC_URL"]).toMatch(/format\('app-\{0\}'.*\.outputs\.url\.value/);
  });
});

/** The rights of an identity, by the module that makes it. */
const rightsOf = (module: string) =>
  rightsIn(TWO)
    .filter(({ whose }) => whose === module)
    .map(({ role, scope }) => `${role} on ${endOf(scope, 2)}`)
    .toSorted();

describe("the app that faces the internet, of two", () => {
  it("may not write evidence, rows or the package of the other app, nor take messages", () => {
    expect(rightsOf("frontIdentity")).toEqual([
      "Key Vault Secrets User on secrets/lrq-callers",
      "Monitoring Metrics Publisher on components/appi-lrq",
      "Storage Blob Data Owner on containers/azure-webjobs-hosts",
      "Storage Blob Data Owner on containers/azure-webjobs-secrets",
      "Storage Blob Data Owner on containers/deployments",
      "Storage Blob Data Reader on containers/evidence",
      "Storage Blob Data Reader on containers/rows",
      "Storage Queue Data Message Sender on storageAccounts/stlrq",
      "Storage Queue Data Reader on storageAccounts/stlrq",
      "Storage Table Data Contributor on storageAccounts/stlrq",
    ]);
    const { storage } = FRONT.properties.functionAppConfig.deployment;
    expect(storage.value).toMatch(/'deployments'\)\]$/);
  });

  it("is reached by those of the list, and keeps warm instances", () => {
    const { siteConfig, functionAppConfig } = FRONT.properties;
    expect(siteConfig.ipSecurityRestrictions).toMatchObject([{ ipAddress: "LogicApps" }]);
    expect(functionAppConfig.scaleAndConcurrency.alwaysReady).toHaveLength(1);
  });
});

describe("the app that does the work, of two", () => {
  it("has the rights that one app has", () => {
    expect(rightsOf("identity")).toEqual([
      "Key Vault Secrets User on secrets/lrq-callers",
      "Monitoring Metrics Publisher on components/appi-lrq",
      "Storage Blob Data Owner on storageAccounts/stlrq",
      "Storage Queue Data Contributor on storageAccounts/stlrq",
      "Storage Table Data Contributor on storageAccounts/stlrq",
    ]);
  });

  it("is reached by nobody, and waits without a warm instance", () => {
    const { siteConfig, functionAppConfig } = BACK.properties;
    expect(siteConfig).toMatchObject({
      ipSecurityRestrictionsDefaultAction: "Deny",
      ipSecurityRestrictions: [],
    });
    expect(functionAppConfig.scaleAndConcurrency.alwaysReady).toEqual([]);
  });
});

describe("the options of a deployment", () => {
  it("hold for both of two apps: network, secrets, and locks on each identity", () => {
    for (const { properties, identities } of [FRONT, BACK]) {
      expect(properties.virtualNetworkSubnetId).toContain("appSubnetId");
      expect(identities).toEqual([properties.keyVaultReferenceIdentity]);
    }
    const locked = ofType(TWO, "Microsoft.Authorization/locks").map(({ id }) =>
      nameOf(id.split("/providers/Microsoft.Authorization")[0] ?? ""),
    );
    expect(locked).toEqual(["id-lrq", "id-lrq-front", "id-lrq-key", "stlrq"]);
  });

  it("tell the identity of each, for the command that gives it its rights in Defender", () => {
    const { LRQ_IDENTITY_PRINCIPAL_ID: back, LRQ_FRONT_IDENTITY_PRINCIPAL_ID: front } = TWO.outputs;
    expect(back).toMatch(/'identity-\{0\}'.*\.principalId/);
    expect(front).toMatch(/'frontIdentity-\{0\}'.*\.principalId/);
  });
});
