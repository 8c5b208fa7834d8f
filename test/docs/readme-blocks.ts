import type { Source } from "../../shared/incident/incident.ts";
import { blocksIn } from "./markdown.ts";

/** What a clean clone runs: too much for a test, and what runs the tests. */
const MAIN = /^npm ci && npm (run )?\w+$/;

/**
 * The README's commands that are checked by their scripts; the one that tests is run on a clean
 * clone.
 */
export function mainCommands(readme: string): string[] {
  return shellBlocks(readme).filter((text) => MAIN.test(text));
}

/** All its other shell blocks, in order: they tell one story and are run as one. */
export function storyBlocks(readme: string): string[] {
  return shellBlocks(readme).filter((text) => !MAIN.test(text));
}

/** What differs in PowerShell: the start, and then one story. */
export function powerShellBlocks(readme: string): string[] {
  return blocksIn(readme)
    .filter(({ language }) => language === "powershell")
    .map(({ text }) => text.trim());
}

/** The headings below which a body of each sender is shown; our own form is in a command. */
const HEADINGS: readonly (readonly [Source, string])[] = [
  ["sentinel", "Microsoft Sentinel"],
  ["defender", "Defender alert"],
  ["graph", "Microsoft Graph"],
  ["servicenow", "ServiceNow"],
  ["jira", "Jira"],
];

/** The sample body of each sender. Throws when one has none. */
export function samples(readme: string): ReadonlyMap<Source, unknown> {
  return new Map(HEADINGS.map(([source, title]) => [source, sampleBelow(readme, title)]));
}

function sampleBelow(readme: string, title: string): unknown {
  const start = readme.indexOf(`\n### ${title}\n`);
  const below = readme.slice(start, readme.indexOf("\n###", start + 1));
  const bodies = blocksIn(below).filter(({ language }) => language === "json");
  const last = bodies.at(-1);
  if (start < 0 || last === undefined) throw new Error(`no sample below "${title}"`);
  return JSON.parse(last.text);
}

function shellBlocks(markdown: string): string[] {
  return blocksIn(markdown)
    .filter(({ language }) => language === "sh")
    .map(({ text }) => text.trim());
}
