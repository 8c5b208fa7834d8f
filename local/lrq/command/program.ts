import { Command, CommanderError } from "commander";
import { reportedName } from "../../../shared/evidence/reported-text.ts";
import { aroundOf, type CommandSurroundings } from "./around.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { UsageError } from "./stop.ts";
import { wrapped } from "./wrapped.ts";
import type { Asked, Verb } from "./verb.ts";

/** Commands under a heading of the help. */
export interface VerbGroup {
  readonly heading: string;
  readonly verbs: readonly Verb[];
}

/** What stands around the list of commands in the help of lrq itself. */
export interface AboutProgram {
  readonly description: string;
  readonly version: string;
  readonly examples: Verb["examples"];
  readonly after: string;
}

const COLUMNS = 80;
const COLUMNS_MOST = 500;
const JSON_OPTION = ["--json", "answer in JSON, on one line"] as const;
const AT_OPTION = ["--at <name>", "which lrq to ask: a name given to lrq login"] as const;

/**
 * Parses the words and runs the command that they name; gives its exit code. Words that name none
 * are told with what was perhaps meant.
 */
export async function runProgram(
  words: readonly string[],
  { about, groups }: { readonly about: AboutProgram; readonly groups: readonly VerbGroup[] },
  surroundings: CommandSurroundings,
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.done;
  const program = emptyProgram(about, surroundings);
  for (const { heading, verbs } of groups) {
    program.commandsGroup(`${heading}:`);
    for (const verb of verbs) {
      const command = commandFor(verb, program);
      command.action(async () => {
        exitCode = await verb.run(askedOf(command), aroundOf(surroundings)).catch(withHint(verb));
      });
    }
  }
  try {
    await program.parseAsync(words, { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
}

function emptyProgram(about: AboutProgram, { say, complain }: CommandSurroundings): Command {
  const program = new Command("lrq")
    .description(about.description)
    .version(about.version, "-V, --version", "say which version this is")
    .exitOverride()
    .configureHelp({ subcommandTerm: (command) => termOf(command) })
    .configureOutput({
      writeOut: (text) => say(text.trimEnd()),
      // What was typed comes back in it, and somebody else may have written that.
      writeErr: (text) => {
        for (const line of text.trimEnd().split("\n")) complain(reportedName(line, COLUMNS_MOST));
      },
      getOutHelpWidth: () => COLUMNS,
      getErrHelpWidth: () => COLUMNS,
      outputError: (text, write) => write(text.replace(/^error: /, "lrq: ")),
    })
    .helpOption("-h, --help", "show this")
    .helpCommand("help [command]", "show how a command is used")
    .showHelpAfterError("lrq --help lists all commands.")
    .addHelpText("before", exampleText(about.examples))
    .addHelpText("after", `\n${about.after}`);
  return program;
}

/** A command and its arguments, as the list of commands shows it. */
function termOf(command: Command): string {
  const words = command.registeredArguments.map((each) => {
    const name = `${each.name()}${each.variadic ? "..." : ""}`.toUpperCase();
    return each.required ? name : `[${name}]`;
  });
  return [command.name(), ...words].join(" ");
}

/** The command of a verb, below the command of its family if its usage has two names. */
function commandFor(verb: Verb, program: Command): Command {
  const { usage, summary, examples, options = [], about, asksApp = true } = verb;
  const [, family, own = usage] = /^([a-z]+) ([a-z]+\b.*)$/.exec(usage) ?? [];
  const parent = family === undefined ? program : familyOf(family, program);
  const command = parent
    .command(own)
    .description(summary)
    .addHelpText("before", exampleText(examples))
    .showHelpAfterError(hintOf({ usage }));
  for (const [flags, what] of [...options, ...(asksApp ? [AT_OPTION] : []), JSON_OPTION]) {
    if (flags.includes("...")) command.option(flags.replace("...", ""), what, gathered);
    else command.option(flags, what);
  }
  if (about !== undefined) {
    const lines = about.split("\n").flatMap((paragraph) => wrapped(paragraph, COLUMNS));
    command.addHelpText("after", `\n${lines.join("\n")}`);
  }
  return command;
}

/** Whoever uses a command in a wrong way is told where its right use is shown. */
function withHint(verb: Verb): (error: unknown) => never {
  return (error) => {
    const isBare = error instanceof UsageError && error.todo === null;
    throw isBare ? new UsageError(error.message, hintOf(verb)) : error;
  };
}

function hintOf({ usage }: Pick<Verb, "usage">): string {
  return `lrq ${usage.replace(/ [<[].*$/, "")} --help shows how it is used.`;
}

/** The command that the commands of a family are below. */
function familyOf(name: string, program: Command): Command {
  const there = program.commands.find((each) => each.name() === name);
  if (there !== undefined) return there;
  return program
    .command(name)
    .description(FAMILIES[name] ?? "")
    .showHelpAfterError(`lrq ${name} --help lists its commands.`);
}

const FAMILIES: Readonly<Record<string, string>> = {
  library: "the scripts of the tenant, as code",
};

function gathered(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** What each example does stands behind it, or below it if some line has no room for that. */
function exampleText(examples: Verb["examples"]): string {
  const width = Math.max(...examples.map(([line]) => line.length));
  const beside = examples.map(([line, does]) => `  ${line.padEnd(width)}   ${does}`);
  const below = examples.flatMap(([line, does]) => [`  ${line}`, `      ${does}`]);
  const fits = beside.every((line) => line.length <= COLUMNS);
  return ["Examples:", ...(fits ? beside : below), "", ""].join("\n");
}

/** What was typed, read without commander's loose types. */
function askedOf(command: Command): Asked {
  const values = new Map<string, unknown>(Object.entries(command.opts()));
  const valueOf = (name: string): unknown => values.get(camelCased(name));
  const words = command.processedArgs.flat(1).filter((each) => typeof each === "string");
  return {
    words,
    text: (name) => {
      const value = valueOf(name);
      return typeof value === "string" ? value : null;
    },
    texts: (name) => {
      const value = valueOf(name);
      return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
    },
    flag: (name) => valueOf(name) === true,
  };
}

/** As commander keeps the name of an option. */
function camelCased(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
