import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { linksIn, page, pages, ROOT } from "./markdown.ts";
import { flowing, numberIn } from "./numbers.ts";

const max = z.tuple([z.string(), z.object({ max: z.int() })]);
const LINT = z
  .object({ overrides: z.array(z.object({ rules: z.record(z.string(), z.unknown()) })) })
  .parse(JSON.parse(page(".oxlintrc.json")));

function lintMax(rule: string): number {
  const found = LINT.overrides.map(({ rules }) => rules[rule]).find((each) => each !== undefined);
  return max.parse(found)[1].max;
}

describe("the style", () => {
  it("is what the linter and the test of the house ask for", () => {
    const tidy = "test/tidy.test.ts";
    const lines = [numberIn(tidy, "SOURCE_LINES_MAX"), numberIn(tidy, "TEST_LINES_MAX")];
    const style = flowing("CONTRIBUTING.md");
    expect(style).toContain(`at most ${lines[0]} lines, a test file ${lines[1]}.`);
    const [long, wide] = [lintMax("eslint/max-lines-per-function"), lintMax("eslint/max-params")];
    expect(style).toContain(`at most ${long} lines and ${wide} parameters;`);
  });
});

/** What a program starts: a name, alone or in a choice of two systems. */
const STARTED = /(?:execFile(?:Sync)?|spawn(?:Sync)?|promisify\(execFile\)\))\(\s*"([\w.]+)"/g;
const CHOSEN = /\["(\w+)"(?:, "-a", "256")?\] as const/g;
/** They come with Node, or belong to no test. */
const GIVEN = new Set(["npm", "git"]);

describe("the programs that the tests start", () => {
  it("are those the README names", () => {
    const files = readdirSync(new URL("test/", ROOT), { recursive: true, encoding: "utf8" })
      .map((name) => join("test", name))
      .filter((path) => /\.(ts|mjs)$/.test(path));
    const started = files.flatMap((path) =>
      [STARTED, CHOSEN].flatMap((form) => [...page(path).matchAll(form)].map(([, name]) => name)),
    );
    // The story of the README is a script for a shell; these are its own programs.
    const inStory = ["curl", "gunzip"].filter((name) => page("README.md").includes(`\n${name} `));
    const needed = [...started, ...inStory].map(String).filter((name) => !GIVEN.has(name));
    const [, said = ""] =
      /The tests also run (.*?) if it is there/.exec(flowing("README.md")) ?? [];
    const named = said.match(/(?<=`)\w+(?=`)/g) ?? [];
    expect([...new Set(needed)].toSorted()).toEqual([...named].toSorted());
  });
});

describe("a link", () => {
  it.each(pages())("of %s that shows a number leads to the decision of that number", (path) => {
    const numbered = page(path).matchAll(/\[(?:decision )?(\d{3})\]\(([^)]+)\)/g);
    const wrong = [...numbered].filter(([, number, target]) => !target?.includes(`${number}-`));
    expect(wrong.map(([text]) => text)).toEqual([]);
  });

  it.each(["README.md", "SECURITY.md"])("of %s to a proof leads to what npm test runs", (path) => {
    const proofs = linksIn(page(path)).filter((link) => /^test\/.*\.ts$/.test(link));
    expect(proofs.length).toBeGreaterThan(10);
    expect(proofs.filter((link) => !isRun(link) || !existsSync(new URL(link, ROOT)))).toEqual([]);
  });
});

/** Tests, and the bugs that tests plant. */
function isRun(link: string): boolean {
  return link.endsWith(".test.ts") || /^test\/patches\/of-[\w-]+\.ts$/.test(link);
}
