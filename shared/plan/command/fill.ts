import type { Parsed, Problem } from "../../incident/problem.ts";
import { invalid } from "../../incident/refusal.ts";
import type { Command } from "./command.ts";
import { libraryFileProblem, pathProblem } from "./file-names.ts";
import type { CommandTemplate, Profile } from "../profile/profile-schema.ts";
import { quoteFor, refusedInArguments } from "./quoting.ts";
import { placesOf, readTemplate } from "./template.ts";

/**
 * Most characters of a script's arguments with their values. The API names no limit; ours keeps a
 * request small.
 */
const MAX_ARGUMENT_CHARACTERS = 4_096;

/** A template with its values, or what is wrong with the values. */
type Filled<T> = { readonly value: T } | { readonly problems: readonly Problem[] };

/**
 * The commands of a profile with their values. In script arguments a value becomes one quoted word,
 * or its base64url if the profile says so. Elsewhere it is inserted unchanged, and the whole must
 * be the name of a library file or the path of one file. `values` has every declared parameter, as
 * `resolveValues` returns them.
 */
export function fillCommands(
  profile: Profile,
  values: Readonly<Record<string, string>>,
): Parsed<Command[]> {
  const commands: Command[] = [];
  const problems: Problem[] = [];
  for (const template of profile.commands) {
    const filled = fillCommand(profile, template, values);
    if ("value" in filled) commands.push(filled.value);
    else problems.push(...filled.problems);
  }
  return problems.length > 0 ? invalid(problems) : { kind: "parsed", value: commands };
}

function fillCommand(
  profile: Profile,
  template: CommandTemplate,
  values: Readonly<Record<string, string>>,
): Filled<Command> {
  if (template.type === "PutFile") {
    const fileName = fillPlain(template.fileName, values, libraryFileProblem);
    if (!("value" in fileName)) return fileName;
    return { value: { type: "PutFile", fileName: fileName.value } };
  }
  if (template.type === "GetFile") {
    const path = fillPlain(template.path, values, (text) => pathProblem(profile.shell, text));
    return "value" in path ? { value: { type: "GetFile", path: path.value } } : path;
  }
  const scriptName = fillPlain(template.scriptName, values, libraryFileProblem);
  if (!("value" in scriptName)) return scriptName;
  const args = fillArguments(profile, template.args ?? "", values);
  if (!("value" in args)) return args;
  return { value: { type: "RunScript", scriptName: scriptName.value, args: args.value } };
}

/**
 * Fills a template that is not quoted. It checks the whole text, because values that are right
 * alone may be wrong together.
 */
function fillPlain(
  template: string,
  values: Readonly<Record<string, string>>,
  problemOf: (text: string) => string | null,
): Filled<string> {
  const text = fillPlaces(template, (name) => values[name] ?? "");
  const message = problemOf(text);
  if (message === null) return { value: text };
  const [first] = placesOf(template);
  return { problems: [{ path: first === undefined ? "" : `parameters.${first}`, message }] };
}

function fillArguments(
  profile: Profile,
  template: string,
  values: Readonly<Record<string, string>>,
): Filled<string | null> {
  const problems = placesOf(template).flatMap((name) => {
    const message = argumentProblem(profile, name, values[name] ?? "");
    return message === null ? [] : [{ path: `parameters.${name}`, message }];
  });
  if (problems.length > 0) return { problems };
  // If the arguments are one parameter and it is empty, there are no arguments. They are not one
  // empty argument.
  const [only] = placesOf(template);
  if (template === "" || (template === `{{${only}}}` && values[only ?? ""] === "")) {
    return { value: null };
  }
  const args = fillPlaces(template, (name) =>
    quoteFor(profile.shell, encoded(profile, name, values[name] ?? "")),
  );
  if (args.length <= MAX_ARGUMENT_CHARACTERS) return { value: args };
  const message = `Send less: arguments have at most ${MAX_ARGUMENT_CHARACTERS} characters.`;
  return { problems: [{ path: "parameters", message }] };
}

function argumentProblem(profile: Profile, name: string, value: string): string | null {
  const refused = refusedInArguments(encoded(profile, name, value));
  if (refused === null) return null;
  const shown = /\p{C}|\p{Z}/u.test(refused) ? codePoint(refused) : refused;
  return (
    `Send it without ${shown}, which live response refuses in arguments; or declare the ` +
    'parameter with "encoding": "base64url" in the profile and decode it in the script.'
  );
}

function encoded(profile: Profile, name: string, value: string): string {
  const rule = profile.parameters[name];
  return rule?.encoding === "base64url" ? Buffer.from(value, "utf8").toString("base64url") : value;
}

function fillPlaces(template: string, valueOf: (name: string) => string): string {
  return (readTemplate(template) ?? [])
    .map((piece) => (piece.kind === "text" ? piece.text : valueOf(piece.parameter)))
    .join("");
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
