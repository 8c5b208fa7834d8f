import { describe, expect, it } from "vitest";
import { runCommand } from "../../local/lrq/command-line.ts";
import { EXIT } from "../../local/lrq/command/exit-codes.ts";
import { VERB_GROUPS } from "../../local/lrq/command/verbs.ts";
import { page, section, tableIn, unquoted } from "./markdown.ts";

const PAGE = page("docs/cli.md");
const VERBS = VERB_GROUPS.flatMap(({ verbs }) => verbs);

/** What a command's help says. */
async function help(words: readonly string[]): Promise<string> {
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  expect(await runCommand([...words, "--help"], { env: {}, say, complain: say })).toBe(0);
  return said.join("\n");
}

function nameOf(usage: string): string {
  return usage.replace(/ [<[].*$/, "");
}

describe("the page about the command line", () => {
  it("lists the commands that lrq has, in the order of its help", () => {
    const listed = tableIn(section(PAGE, "Commands")).map(([command = ""]) => unquoted(command));
    expect(listed).toEqual(VERBS.map(({ usage }) => `lrq ${nameOf(usage)}`));
  });

  it("has every exit code, with the word that the help has for it", async () => {
    const listed = tableIn(section(PAGE, "Exit codes"));
    expect(listed.map(([code]) => Number(code))).toEqual(Object.values(EXIT));
    const said = (await help([])).replaceAll(/\s+/g, " ");
    for (const [code, means = ""] of listed) {
      expect(said).toContain(`${code} ${means.split(":")[0]}`);
    }
  });
});

describe("the help of lrq", () => {
  it("names every command", async () => {
    const said = await help([]);
    for (const { usage } of VERBS) expect(said).toContain(`  ${usage.split(" ")[0]}`);
  });

  it.each(VERBS.map(({ usage }) => nameOf(usage)))(
    "shows examples of %s first, at 80 columns, and offers JSON",
    async (name) => {
      const said = await help(name.split(" "));
      expect(said).toMatch(/^Examples:\n {2}lrq /);
      expect(said).toContain(`Usage: lrq ${name} [options]`);
      expect(said).toContain("--json");
      const wide = said.split("\n").filter((line) => line.length > 80 && !/^ {2}lrq /.test(line));
      expect(wide).toEqual([]);
    },
  );
});
