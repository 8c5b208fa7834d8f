import type { Problem } from "../../incident/problem.ts";
import { commandRank, COMMAND_ORDER } from "../command/command.ts";
import { libraryFileProblem, pathProblem } from "../command/file-names.ts";
import { valueProblem } from "./parameter.ts";
import type { CommandTemplate, Profile } from "./profile-schema.ts";
import { rowsProblems, type RowsForm } from "./rows-form.ts";
import type { Shell } from "../command/quoting.ts";
import { placesOf, readTemplate } from "../command/template.ts";
import type { TemplatePiece } from "../command/template.ts";

/**
 * Text that has no special meaning in both shells outside of quotes; in PowerShell also the
 * backslash of Windows paths.
 */
const PLAIN_ARGUMENTS: Readonly<Record<Shell, RegExp>> = {
  powershell: /^[A-Za-z0-9 _./:=,+%\\-]*$/,
  posix: /^[A-Za-z0-9 _./:=,+%-]*$/,
};

/**
 * The places where a quoted value is a separate word: at the beginning, after a space, or after the
 * sign that the shell puts between an option and its value; and before a space or the end.
 */
const BEFORE_PLACE: Readonly<Record<Shell, RegExp>> = {
  powershell: /(?:^|[ :])$/,
  posix: /(?:^|[ =:])$/,
};
const AFTER_PLACE = /^(?: |$)/;

/** What is wrong with a profile although its shape is right; empty if the profile is valid. */
export function profileProblems(profile: Profile): Problem[] {
  return [
    ...shellProblems(profile),
    ...orderProblems(profile),
    ...profile.commands.flatMap((command, index) => commandProblems(profile, command, index)),
    ...parameterProblems(profile),
    ...severalRowsProblems(profile),
  ];
}

/** The rows of a round are of one kind. */
function severalRowsProblems({ commands }: Profile): Problem[] {
  return commands
    .flatMap((command, index) => (rowsIn(command) === undefined ? [] : [index]))
    .slice(1)
    .map((index) => ({
      path: `commands.${index}.rows`,
      message: "Let one command have rows; write another profile for other rows.",
    }));
}

function shellProblems({ shell, platforms }: Profile): Problem[] {
  const windows = platforms.filter((platform) => platform === "windows").length;
  const fits = shell === "powershell" ? windows === platforms.length : windows === 0;
  if (fits) return [];
  const message =
    "Use powershell for windows alone, posix for linux and macos; write two profiles for both.";
  return [{ path: "shell", message }];
}

function orderProblems({ commands, inParts }: Profile): Problem[] {
  if (inParts) return [];
  const back = commands.findIndex((command, index) => {
    const before = commands[index - 1];
    return before !== undefined && commandRank(command) < commandRank(before);
  });
  if (back < 0) return [];
  const message =
    `Put all ${COMMAND_ORDER.join(", then all ")}, the only order one request takes, ` +
    "or set inParts to true to send the commands in several requests.";
  return [{ path: `commands.${back}`, message }];
}

function commandProblems(profile: Profile, command: CommandTemplate, index: number): Problem[] {
  const at = `commands.${index}`;
  if (command.type === "PutFile") {
    return fileProblems(profile, command.fileName, `${at}.fileName`);
  }
  const rows = command.rows === undefined ? [] : rowsProblems(command.rows, `${at}.rows`);
  if (command.type === "GetFile") {
    return [...pathProblems(profile, command.path, `${at}.path`), ...rows];
  }
  return [
    ...fileProblems(profile, command.scriptName, `${at}.scriptName`),
    ...argumentProblems(profile, command.args ?? "", `${at}.args`),
    ...rows,
  ];
}

function rowsIn(command: CommandTemplate): RowsForm | undefined {
  return command.type === "PutFile" ? undefined : command.rows;
}

/** A file that is chosen by whoever asks cannot be pinned. */
function fileProblems(profile: Profile, template: string, path: string): Problem[] {
  const problems = nameProblems(profile, template, path);
  const isOpen = readTemplate(template)?.some(({ kind }) => kind === "place") === true;
  if (!profile.pinned || !isOpen) return problems;
  const message = "Write the file's name, or set pinned to false: then nothing says what may run.";
  return [...problems, { path, message }];
}

function nameProblems(profile: Profile, template: string, path: string): Problem[] {
  const pieces = readTemplate(template);
  if (pieces === null) return [unreadable(path)];
  if (pieces.some((piece) => piece.kind === "place"))
    return unquotedProblems(profile, pieces, path);
  const message = libraryFileProblem(template);
  return message === null ? [] : [{ path, message }];
}

function pathProblems(profile: Profile, template: string, path: string): Problem[] {
  const pieces = readTemplate(template);
  if (pieces === null) return [unreadable(path)];
  if (pieces.every((piece) => piece.kind === "text")) {
    const message = pathProblem(profile.shell, template);
    return message === null ? [] : [{ path, message }];
  }
  const problems = unquotedProblems(profile, pieces, path);
  const [first] = pieces;
  if (first?.kind === "text") {
    // A letter stands for each value: only the beginning decides whether the path is absolute.
    const message = pathProblem(profile.shell, `${first.text}x`);
    if (message !== null) problems.push({ path, message });
  }
  return problems;
}

/**
 * Nothing is quoted outside of script arguments. So only parameters with a pattern or a list of
 * values may be there.
 */
function unquotedProblems(
  profile: Profile,
  pieces: readonly TemplatePiece[],
  path: string,
): Problem[] {
  const problems = undeclaredProblems(profile, pieces, path);
  for (const piece of pieces) {
    const rule = piece.kind === "place" ? ruleOf(profile, piece.parameter) : undefined;
    if (rule === undefined) continue;
    if (rule.encoding !== undefined) {
      problems.push({
        path,
        message: "Use encoded parameters only in args; nothing decodes them here.",
      });
    }
    if (rule.pattern === undefined && rule.enum === undefined) {
      const message = "Give the parameter a pattern or an enum; its value is not quoted here.";
      problems.push({ path, message });
    }
  }
  return problems;
}

function argumentProblems(profile: Profile, template: string, path: string): Problem[] {
  const pieces = readTemplate(template);
  if (pieces === null) return [unreadable(path)];
  const problems = undeclaredProblems(profile, pieces, path);
  const texts = pieces.map((piece) => (piece.kind === "text" ? piece.text : null));
  if (!texts.every((text) => text === null || PLAIN_ARGUMENTS[profile.shell].test(text))) {
    const message =
      "Write args of letters, digits, spaces and _ . / : = , + % - only, without quotes: " +
      "lrq quotes the values.";
    problems.push({ path, message });
  }
  const standsAlone = (index: number): boolean =>
    BEFORE_PLACE[profile.shell].test(index === 0 ? "" : (texts[index - 1] ?? "x")) &&
    AFTER_PLACE.test(index === texts.length - 1 ? "" : (texts[index + 1] ?? "x"));
  if (!texts.every((text, index) => text !== null || standsAlone(index))) {
    const message = "Write every place as a separate word, or after : (in posix also =).";
    problems.push({ path, message });
  }
  return problems;
}

function undeclaredProblems(
  profile: Profile,
  pieces: readonly TemplatePiece[],
  path: string,
): Problem[] {
  return pieces.flatMap((piece) => {
    if (piece.kind === "text" || ruleOf(profile, piece.parameter) !== undefined) return [];
    return [{ path, message: `Declare the parameter ${piece.parameter}, or remove its place.` }];
  });
}

function parameterProblems(profile: Profile): Problem[] {
  const used = new Set(profile.commands.flatMap(templatesOf).flatMap(placesOf));
  return Object.entries(profile.parameters).flatMap(([name, rule]) => {
    const problems: Problem[] = [];
    const path = `parameters.${name}`;
    if (!used.has(name)) {
      problems.push({ path, message: `Use it as {{${name}}} in a command, or remove it.` });
    }
    const wrong = rule.default === undefined ? null : valueProblem(rule, rule.default);
    if (wrong !== null) problems.push({ path: `${path}.default`, message: wrong });
    return problems;
  });
}

function templatesOf(command: CommandTemplate): string[] {
  if (command.type === "PutFile") return [command.fileName];
  if (command.type === "GetFile") return [command.path];
  return [command.scriptName, command.args ?? ""];
}

function ruleOf(profile: Profile, name: string): Profile["parameters"][string] | undefined {
  return Object.hasOwn(profile.parameters, name) ? profile.parameters[name] : undefined;
}

function unreadable(path: string): Problem {
  return { path, message: "Write places as {{parameter}}, and no other double braces." };
}
