import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { EVERY_SNAPSHOT, infraFile, ofType, SNAPSHOTS } from "./snapshot.ts";

const ROOT = new URL("../../", import.meta.url);
const AZURE_YAML = readFileSync(new URL("azure.yaml", ROOT), "utf8");
const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")));

/** Names of services in azure.yaml: they stand alone, two columns in. */
const SERVICES = [...AZURE_YAML.matchAll(/^ {2}(\w+):$/gm)].map(([, name = ""]) => name);
/** What azure.yaml says of a service, a line each. */
const saidOf = (service: string) =>
  (AZURE_YAML.split(`  ${service}:\n`)[1] ?? "")
    .split(/^ {2}\w/m)[0]
    ?.split("\n")
    .filter((line) => /^ {4}\w/.test(line));

describe("azd", () => {
  it("deploys what the build leaves, as it is", () => {
    expect(AZURE_YAML).toMatch(/^ {4}dist: dist\/package$/m);
    expect(AZURE_YAML).toMatch(/^ {4}remoteBuild: false$/m);
    expect(existsSync(new URL(".funcignore", ROOT))).toBe(false);
  });

  it("deploys the same to the second of two apps, and only if there are two", () => {
    const condition = "    condition: ${LRQ_TWO_APPS}";
    expect(saidOf("api")).toContain("    project: .");
    expect(saidOf("back")?.toSorted()).toEqual([condition, ...(saidOf("api") ?? [])].toSorted());
    expect(infraFile("main.bicepparam")).toContain("readEnvironmentVariable('LRQ_TWO_APPS', ");
  });

  it("calls the template by the version of the package", () => {
    expect(AZURE_YAML).toContain(`template: lrq@${version}\n`);
  });

  it.each(EVERY_SNAPSHOT)("finds an app for each service: $name", ({ snapshot }) => {
    const tagged = ofType(snapshot, "Microsoft.Web/sites").map(
      ({ tags }) => tags?.["azd-service-name"] ?? "none",
    );
    const services = SERVICES.filter((name) => name !== "back" || snapshot === SNAPSHOTS.twoApps);
    expect(tagged.toSorted()).toEqual(services.toSorted());
    const outputs = SERVICES.map((name) => `SERVICE_${name.toUpperCase()}_NAME`);
    const given = Object.keys(snapshot.outputs);
    const asked = ["AZURE_LOCATION", "AZURE_TENANT_ID", "AZURE_RESOURCE_GROUP"];
    expect(given).toEqual(expect.arrayContaining([...asked, ...outputs]));
  });

  it("finds the resource group by its tag", () => {
    for (const { snapshot } of EVERY_SNAPSHOT) {
      const [group] = ofType(snapshot, "Microsoft.Resources/resourceGroups");
      expect(group?.tags).toHaveProperty("azd-env-name");
    }
  });

  it("can set every variable that the README names, and no other", () => {
    const read = [...infraFile("main.bicepparam").matchAll(/readEnvironmentVariable\('(\w+)'/g)];
    const named = [...infraFile("README.md").matchAll(/^\| `(LRQ_\w+)`/gm)];
    const asked = ["AZURE_ENV_NAME", "AZURE_LOCATION"];
    const all = [...asked, ...named.map(([, name = ""]) => name)];
    expect(read.map(([, name = ""]) => name).toSorted()).toEqual(all.toSorted());
  });
});
