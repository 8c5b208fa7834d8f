import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { MAX_MACHINES } from "../../shared/incident/bounds.ts";
import { SOURCES } from "../../shared/incident/incident.ts";
import { parseIncident } from "../../shared/incident/parse-incident.ts";
import { sessionCap, FIRST_BUDGET } from "../../shared/limits/pace/budget.ts";
import { admit } from "../../shared/limits/pace/admit.ts";
import { parseProfile } from "../../shared/plan/profile/profile.ts";
import { someLimits } from "../limits/some-limits.ts";
import {
  anchorsIn,
  blocksIn,
  linksIn,
  page,
  pages,
  proseIn,
  ROOT,
  section,
  tableIn,
  unquoted,
} from "./markdown.ts";
import { mainCommands, powerShellBlocks, samples, storyBlocks } from "./readme-blocks.ts";

const README = page("README.md");
const PACKAGE = z
  .object({
    scripts: z.record(z.string(), z.string()),
    dependencies: z.record(z.string(), z.string()),
    devDependencies: z.record(z.string(), z.string()),
  })
  .parse(JSON.parse(page("package.json")));

/** Every file of the folder but the rules that choose among them. */
const SHIPPED_PROFILES = readdirSync(new URL("profiles/", ROOT))
  .filter((name) => name.endsWith(".json") && name !== "routing.json")
  .map((name) => name.replace(".json", ""));

/** A README's first screen, in lines. */
const FIRST_SCREEN_LINES = 40;
const PICTURE_BYTES_MAX = 8_192;
const PROSE_COLUMNS_MAX = 120;

describe("the README", () => {
  it("shows the two commands on its first screen, each with a script behind it", () => {
    const commands = mainCommands(README.split("\n").slice(0, FIRST_SCREEN_LINES).join("\n"));
    expect(commands).toEqual(["npm ci && npm run demo", "npm ci && npm test"]);
    expect(PACKAGE.scripts).toMatchObject({ demo: expect.any(String), test: expect.any(String) });
  });

  it("has its test command in the form that is run on a clean clone", () => {
    expect(README).toMatch(/^npm ci && npm test$/m);
  });

  it("leaves no command unrun: each is one of the two, or part of the story", () => {
    const all = blocksIn(README).filter(({ language }) => language !== "json");
    const shell = all.filter(({ language }) => language === "sh");
    expect(shell.length).toBe(mainCommands(README).length + storyBlocks(README).length);
    expect(all.length).toBe(shell.length + powerShellBlocks(README).length);
  });

  it.each(SOURCES.filter((source) => source !== "generic"))(
    "shows a body from %s that is understood, with its machine",
    (source) => {
      const parsed = parseIncident(source, samples(README).get(source));
      expect(parsed).toMatchObject({ kind: "parsed", value: { machines: [{}] } });
    },
  );

  it("shows a profile that is right, and counts those that are shipped without it", () => {
    const [block] = blocksIn(textOf("Profiles"));
    const parsed = parseProfile(JSON.parse(block?.text ?? ""), "hosts-file.json");
    expect(parsed.kind).toBe("parsed");
    const { length } = SHIPPED_PROFILES;
    const counted = `there are ${length}; this would be number ${length + 1}`;
    expect(textOf("Profiles").replaceAll("\n", " ").toLowerCase()).toContain(counted);
    expect(SHIPPED_PROFILES).not.toContain("hosts-file");
  });

  it("leads to a table of the profiles that are shipped, and no other", () => {
    const table = tableIn(page("profiles/README.md")).map(([name = ""]) => unquoted(name));
    expect(table.toSorted()).toEqual(SHIPPED_PROFILES.toSorted());
  });

  it("lists the routes of the page about them", () => {
    const shown = routesIn(section(README, "Interface")).map((route) => route.replace("/api/", ""));
    const known = tableIn(page("docs/api.md")).flatMap((row) => routesIn(row[0] ?? ""));
    expect(shown.toSorted()).toEqual(known.toSorted());
  });

  it("tells the cap of an incident from the bound of a request", () => {
    const limits = tableIn(section(README, "Limits, and how long things take"));
    const numberOf = (what: string) => parseInt(limits.find(([name]) => name === what)?.[1] ?? "");
    const caps = tableIn(section(page("docs/settings.md"), "The app"));
    const cap = caps.find(([name]) => name === "`CAP_MACHINES_PER_INCIDENT`")?.[1];
    expect(numberOf("machines in a request")).toBe(MAX_MACHINES);
    expect(numberOf("machines in an incident")).toBe(Number(cap));
  });

  it("reckons its example of the pace right", () => {
    const limits = someLimits({ callsPerWindow: 10, maxSessions: 25 });
    const verdict = admit({ ...FIRST_BUDGET, listedAtMs: 1 }, 0, {
      ...limits,
      callsPerWindow: 1_000,
    });
    const sessions = verdict.kind === "go" ? verdict.lowerRoom : 0;
    expect([sessions, sessionCap(FIRST_BUDGET, 0, limits)]).toEqual([23, 25]);
    const table = section(README, "Limits, and how long things take").split("| mean session")[1];
    for (const row of tableIn(table ?? "")) {
      const [minutes = 0, calls = 0, bySessions = 0, sixty = 0, many = 0] = row.map(parseFloat);
      const pace = Math.min(limits.callsPerWindow, sessions / minutes);
      expect([calls, bySessions]).toEqual([10, Math.round((sessions / minutes) * 10) / 10]);
      expect([sixty, many]).toEqual([60 / pace, 500 / pace].map(Math.round));
    }
  });
});

describe("the picture", () => {
  it("is small, and loads and runs nothing", () => {
    expect(statSync(new URL("docs/flow.svg", ROOT)).size).toBeLessThanOrEqual(PICTURE_BYTES_MAX);
    const picture = page("docs/flow.svg").replace('xmlns="http://www.w3.org/2000/svg"', "");
    expect(picture).not.toMatch(/https?:|<script|\son\w+=|@import/);
    expect(picture).toContain("prefers-color-scheme: dark");
    // A reader of SVG that knows no variables would draw a black box.
    expect(picture).not.toContain("var(");
  });
});

describe("every page", () => {
  it.each(pages())("%s has no line of prose that is too wide to read", (path) => {
    const wide = proseIn(page(path)).filter((line) => line.length > PROSE_COLUMNS_MAX);
    expect(wide).toEqual([]);
  });

  it.each(pages())("%s leads only to what is there", (path) => {
    const broken = linksIn(page(path)).filter((link) => !leadsSomewhere(path, link));
    expect(broken).toEqual([]);
  });

  it.each(pages())("%s names only scripts there are", (path) => {
    const named = [...page(path).matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name);
    expect(named.filter((name) => PACKAGE.scripts[name ?? ""] === undefined)).toEqual([]);
  });
});

describe("CONTRIBUTING", () => {
  it("names only files there are", () => {
    const named = [...page("CONTRIBUTING.md").matchAll(/`((?:shared|test|local|docs)\/[^`*]+)`/g)];
    expect(named.length).toBeGreaterThan(10);
    const missing = named
      .map(([, path]) => path ?? "")
      .filter((path) => !existsSync(new URL(path, ROOT)));
    expect(missing).toEqual([]);
  });

  it("says each word of the glossary once", () => {
    const words = tableIn(section(page("CONTRIBUTING.md"), "Words")).map(([word]) => word);
    expect(words.length).toBeGreaterThan(20);
    expect(new Set(words).size).toBe(words.length);
  });
});

describe("the plan of the house", () => {
  it("shows only rooms there are", () => {
    const plan = blocksIn(page("CONTRIBUTING.md")).find(({ language }) => language === "");
    /** The room that each depth is in, by its indent of two spaces. */
    const within: string[] = [];
    const rooms = (plan?.text ?? "")
      .trim()
      .split("\n")
      .map((line) => {
        const [, indent = "", name = ""] = /^( *)(\S+)/.exec(line) ?? [];
        within.splice(indent.length / 2);
        within.push(name);
        return within.join("");
      });
    expect(rooms).toContain("shared/workflow/accept/");
    expect(rooms.length).toBeGreaterThan(10);
    expect(rooms.filter((room) => !existsSync(new URL(room, ROOT)))).toEqual([]);
  });
});

describe("the decisions", () => {
  it("are numbered in a row, each with context, choice and cost", () => {
    const decisions = pages()
      .filter((path) => path.startsWith("docs/decisions/"))
      .toSorted();
    for (const [index, path] of decisions.entries()) {
      const number = String(index + 1).padStart(3, "0");
      expect(path).toMatch(new RegExp(`^docs/decisions/${number}-[a-z0-9-]+\\.md$`));
      expect(page(path)).toMatch(new RegExp(`^# ${number} `));
      for (const part of ["Context", "Choice", "Cost"]) {
        expect(page(path)).toContain(`**${part}.**`);
      }
    }
    expect(decisions.length).toBeGreaterThanOrEqual(10);
  });

  it("explain every package we depend on, and none we do not", () => {
    const text = page("docs/decisions/006-dependencies.md");
    const rows = text.split("\n").filter((line) => line.startsWith("| `"));
    const named = rows.flatMap((row) => row.split("|")[1]?.match(/(?<=`)[^`,| ]+(?=`)/g) ?? []);
    const known = Object.keys({ ...PACKAGE.dependencies, ...PACKAGE.devDependencies });
    expect(named.toSorted()).toEqual(known.toSorted());
  });
});

function routesIn(text: string): string[] {
  return [...text.matchAll(/`((?:GET|POST) [^`]+)`/g)].map(([, route = ""]) => route);
}

/** The text of a chapter with its blocks, which `section` leaves empty. */
function textOf(title: string): string {
  const start = README.indexOf(`\n## ${title}\n`);
  const end = README.indexOf("\n## ", start + 1);
  return README.slice(start, end < 0 ? README.length : end);
}

/** Addresses of other sites are not visited: tests speak to this machine only. */
function leadsSomewhere(path: string, link: string): boolean {
  if (link.startsWith("https://")) return true;
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? path : normalize(join(dirname(path), file));
  try {
    statSync(new URL(target, ROOT));
  } catch {
    return false;
  }
  return anchor === undefined || anchorsIn(page(target)).includes(anchor);
}
