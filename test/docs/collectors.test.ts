import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, it } from "vitest";
import { readPins } from "../../shared/shipped-profiles.ts";
import type { CommandTemplate } from "../../shared/plan/profile/profile-schema.ts";
import { parseProfile } from "../../shared/plan/profile/profile.ts";
import { linksIn, page, ROOT } from "./markdown.ts";

const FOLDER = "docs/collectors/";
const FILES = readdirSync(new URL(FOLDER, ROOT));
const PROFILES = FILES.filter((name) => name.endsWith(".json"));

/** The words of a collector file, each with its values. */
function wordsOf(name: string): ReadonlyMap<string, readonly string[]> {
  const lines = page(`${FOLDER}${name}`)
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const words = [...new Set(lines.map((line) => line.split(" ", 1)[0] ?? ""))];
  return new Map(words.map((word) => [word, lines.filter((line) => line.startsWith(`${word} `))]));
}

function commandsOf(name: string): readonly CommandTemplate[] {
  const parsed = parseProfile(JSON.parse(page(`${FOLDER}${name}`)), name);
  if (parsed.kind === "invalid") throw new Error(JSON.stringify(parsed.problems));
  return parsed.value.commands;
}

describe.each(PROFILES)("the example %s", (name) => {
  const commands = commandsOf(name);
  const put = commands.flatMap((each) => (each.type === "PutFile" ? [each.fileName] : []));
  const got = commands.flatMap((each) => (each.type === "GetFile" ? [each.path] : []));
  const script = commands.find((each) => each.type === "RunScript");
  const [collector = "", ...pack] = put;

  it("names its collector file by the hash that it has", () => {
    const hash = createHash("sha256")
      .update(page(`${FOLDER}${collector}`))
      .digest("hex");
    expect(script?.args).toContain(hash);
    expect(script?.args).toContain(collector);
  });

  it("brings the pack as its collector file expects it", () => {
    const words = wordsOf(collector);
    const [named = ""] = words.get("pack") ?? [];
    const packName = named.replace("pack ", "");
    const count = Number(words.get("parts")?.[0]?.replace("parts ", "") ?? 0);
    const parts = Array.from({ length: count }, (_, at) => `${packName}.${at + 1}`);
    expect(pack).toEqual(count === 0 ? [packName] : parts);
  });

  it("fetches the manifest and just the parts that it asks for", () => {
    const [, output = "", parts = ""] =
      /[-=]?-?[Oo]utput[ =](\S+) -{1,2}[Pp]arts[ =](\d)/.exec(script?.args ?? "") ?? [];
    const numbers = Array.from({ length: Number(parts) }, (_, at) => `${output}.${at + 1}`);
    expect(got).toEqual([`${output}.json`, ...numbers]);
  });

  it("runs a script of ours, which has a pin", () => {
    const pins = readPins(new URL("library/", ROOT));
    const known = pins.kind === "parsed" && pins.value.has(script?.scriptName ?? "");
    expect(known).toBe(true);
  });
});

it("shows every example on the page about collectors", () => {
  const linked = linksIn(page("docs/collectors.md")).filter((link) => link.includes("collectors/"));
  expect(linked.map((link) => basename(link)).toSorted()).toEqual(FILES.toSorted());
});
