import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { settings } from "../../shared/config.ts";
import { VERB_GROUPS } from "../../local/lrq/command/verbs.ts";
import { blocksIn, page, ROOT, tableIn, unquoted } from "./markdown.ts";

/*
 * Nobody could walk the page yet, so at least everything that it names is there: commands of ours,
 * variables of azd, outputs of the deployment, routes, settings and files.
 */
const PAGE = page("docs/deploy.md");
const VERBS = VERB_GROUPS.flatMap(({ verbs }) => verbs);
const OPTIONS = VERBS.flatMap(({ options = [] }) => options.map(([flags]) => flags)).join(" ");
/** Blocks for a shell, and code in the prose and tables. */
const CODE = [
  ...blocksIn(PAGE).map(({ text }) => text),
  ...PAGE.replaceAll(/^```.*?^```$/gms, "")
    .split("`")
    .filter((_, at) => at % 2 === 1)
    .map((code) => code.replaceAll("\n", " ")),
];
const TEXT = CODE.join("\n");

/** Every first group of the matches, once. */
function named(pattern: RegExp, text = TEXT): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, name = ""]) => name))].toSorted();
}

/** Commands that are not ours, as their own pages have them. */
const OF_AZURE = [
  "az functionapp start",
  "az functionapp stop",
  "az functionapp list-flexconsumption-locations",
  "az login",
  "az cloud set",
  "az storage blob delete",
  "az storage blob immutability-policy delete",
  "az storage blob list",
  "az storage container immutability-policy delete",
  "az storage container immutability-policy lock",
  "az storage container immutability-policy show",
  "azcopy copy",
  "azcopy login",
  "azd auth login",
  "azd config set",
  "azd deploy",
  "azd down",
  "azd env get-value",
  "azd env new",
  "azd env set",
  "azd provision",
  "azd up",
];

function isKnown(command: string): boolean {
  return OF_AZURE.some((known) => `${command} `.startsWith(`${known} `));
}

describe("the page about deploying", () => {
  it("names only verbs and flags that lrq has", () => {
    const verbs = named(/npx lrq ([a-z]+)/g);
    expect(verbs).toEqual(expect.arrayContaining(["backup", "doctor", "restore", "smoke"]));
    expect(
      verbs.filter((verb) => VERBS.every(({ usage }) => usage.split(" ")[0] !== verb)),
    ).toEqual([]);
    const flags = named(/npx lrq [^\n]*?(--[a-z]+)/g);
    expect(flags.length).toBeGreaterThan(1);
    expect(flags.filter((flag) => flag !== "--help" && !OPTIONS.includes(flag))).toEqual([]);
  });

  it("names only scripts of the package, and files that are there", () => {
    const manifest: unknown = JSON.parse(page("package.json"));
    const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(manifest);
    const run = named(/npm run ([\w:]+)/g);
    expect(run).toContain("build");
    expect(run.filter((name) => scripts[name] === undefined)).toEqual([]);
    const files = named(/\b(infra\/[\w./-]+\.\w+)/g);
    expect(files).toContain("infra/grant.mjs");
    expect(files.filter((file) => !existsSync(new URL(file, ROOT)))).toEqual([]);
  });

  it("gives grant.mjs only options that it has", () => {
    const options = named(/grant\.mjs[^\n]*?(--[a-z]+)/g);
    const usage = page("infra/grant-command.mjs");
    expect(options).toContain("--identity");
    expect(options.filter((option) => !usage.includes(`  ${option} `))).toEqual([]);
  });

  it("sets only variables that the deployment reads, and reads only what it gives", () => {
    const read = named(/readEnvironmentVariable\('(\w+)'/g, page("infra/main.bicepparam"));
    const set = named(/azd env set (LRQ_\w+)/g);
    expect(set.length).toBeGreaterThan(3);
    expect(set.filter((name) => !read.includes(name))).toEqual([]);
    const given = named(/^output (\w+) /gm, page("infra/main.bicep"));
    const got = named(/azd env get-value (\w+)/g);
    expect(got.length).toBeGreaterThan(3);
    expect(got.filter((name) => !given.includes(name))).toEqual([]);
  });

  it("names only settings and routes that lrq has", () => {
    const known = Object.keys(settings.shape);
    const asked = named(
      /\b((?:DEFENDER|SUBMISSION|CLOSED|SEQUENCE|AzureWebJobsStorage)_[A-Za-z_]+)\b/g,
    );
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((name) => !known.includes(name))).toEqual([]);
    const table = tableIn(page("docs/api.md"));
    const routes = new Set(table.map(([route = ""]) => unquoted(route)));
    const called = named(/((?:GET|POST) \/api\/[\w/{}]+)/g).map((each) =>
      each.replace("/api/", ""),
    );
    expect(called.length).toBeGreaterThan(4);
    expect(called.filter((route) => !routes.has(route))).toEqual([]);
  });

  it("uses commands of Azure that somebody has looked up", () => {
    const used = named(/(?:^|[\s("])((?:az|azd|azcopy) [a-z][a-z -]*[a-z])/gm);
    expect(used.length).toBeGreaterThan(10);
    expect(used.filter((each) => !isKnown(each))).toEqual([]);
  });
});
