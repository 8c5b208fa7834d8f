import { buildCatalogue, type Catalogue } from "../../shared/plan/catalogue.ts";
import type { Command } from "../../shared/plan/command.ts";

/**
 * The profiles a simulation asks for, and what must arrive at Defender's door for each: part by
 * part.
 */
const EXPECTED_PARTS = {
  "urgent-look": [[script("look.sh", "--now -v")]],
  "split-collect": [[file("/var/log/a.log")], [script("pack.sh", null), file("/tmp/pack.tar")]],
  "ticket-run": [[put("tool.bin"), script("run.sh", "--deep")]],
  "sweep-file": [[file("/etc/hosts")]],
} as const satisfies Record<string, readonly (readonly Command[])[]>;

export type ProfileName = keyof typeof EXPECTED_PARTS;
export const PROFILE_NAMES = [
  "urgent-look",
  "split-collect",
  "ticket-run",
  "sweep-file",
] as const satisfies readonly ProfileName[];

/** What is expected for a profile by its name; null if it is none of these. */
export function expectedParts(name: string): readonly (readonly Command[])[] | null {
  const known = PROFILE_NAMES.find((each) => each === name);
  return known === undefined ? null : EXPECTED_PARTS[known];
}

const LANES = {
  "urgent-look": "urgent",
  "split-collect": "incident",
  "ticket-run": "ticket",
  "sweep-file": "sweep",
} as const satisfies Record<ProfileName, string>;

/** The catalogue of these profiles, made by the code that reads those we ship. */
export function simulatedCatalogue(): Catalogue {
  const built = buildCatalogue(
    PROFILE_NAMES.map((name) => ({
      fileName: `${name}.json`,
      json: profileJson(name),
    })),
  );
  if (built.kind === "invalid") throw new Error(JSON.stringify(built.problems));
  return built.value;
}

function profileJson(name: ProfileName): object {
  const commands = EXPECTED_PARTS[name].flat().map((command: Command) => {
    if (command.type !== "RunScript") return command;
    const { type, scriptName, args } = command;
    return args === null ? { type, scriptName } : { type, scriptName, args };
  });
  return {
    name,
    version: 1,
    title: name,
    description: "Made for simulation.",
    platforms: ["linux"],
    lane: LANES[name],
    shell: "posix",
    parameters: {},
    commands,
    inParts: EXPECTED_PARTS[name].length > 1,
  };
}

function put(fileName: string): Command {
  return { type: "PutFile", fileName };
}

function script(scriptName: string, args: string | null): Command {
  return { type: "RunScript", scriptName, args };
}

function file(path: string): Command {
  return { type: "GetFile", path };
}
