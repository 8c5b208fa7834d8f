import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { bicepSources, HASH_FILE, hashOfSources, snapshotOf } from "../../infra/sources.mjs";
import { infraFile } from "./snapshot.ts";

const FOLDER = fileURLToPath(new URL("../../infra/", import.meta.url));

/** The local modules that a file of Bicep uses, by their paths from `infra`. */
function usedBy(path: string): string[] {
  const folder = path.split("/").slice(0, -1).join("/");
  return [...infraFile(path).matchAll(/(?:^module \w+|^using|from) '([^']+)'/gm)].map(
    ([, name = ""]) =>
      new URL(name, `file:///${folder}${folder === "" ? "" : "/"}`).pathname.slice(1),
  );
}

describe("the snapshots", () => {
  it("were written from the Bicep as it is: after a change run npm run infra:write", () => {
    expect(infraFile(HASH_FILE).trim()).toBe(hashOfSources(FOLDER));
  });

  it("are there for every file of parameters", () => {
    const parameters = bicepSources(FOLDER).filter((path) => path.endsWith(".bicepparam"));
    expect(parameters).toContain("main.bicepparam");
    for (const path of parameters) expect(infraFile(snapshotOf(path))).toContain("{");
  });
});

describe("the Bicep", () => {
  it("says of each parameter of a deployment what it is for", () => {
    const main = infraFile("main.bicep");
    const described = main.match(/^@description\('.+'\)\n(?:@.*\n)*param \w+/gm) ?? [];
    expect(described.length).toBeGreaterThan(0);
    expect(described).toHaveLength(main.match(/^param \w+/gm)?.length ?? 0);
  });

  it("uses only local modules, and every one of them", () => {
    const sources = bicepSources(FOLDER).filter((path) => !path.endsWith(".json"));
    const used = new Set(sources.flatMap(usedBy));
    const modules = sources.filter((path) => path.startsWith("modules/"));
    expect([...used].toSorted()).toEqual(["main.bicep", ...modules].toSorted());
  });
});
