import { buildCatalogue, type Catalogue } from "../../shared/plan/profile/catalogue.ts";
import type { Command } from "../../shared/plan/command/command.ts";
import type { Platform } from "../../shared/incident/incident.ts";
import type { LaneName } from "../../shared/plan/lane.ts";

/**
 * The profiles a simulation asks for, and what must arrive at Defender's door for each: part by
 * part.
 */
const EXPECTED_PARTS = {
  "urgent-look": [[script("look.sh", "--now -v")]],
  "split-collect": [[file("/var/log/a.log")], [script("pack.sh", null), file("/tmp/pack.tar")]],
  "ticket-run": [[put("tool.bin"), script("run.sh", "--deep")]],
  "sweep-file": [[file("/etc/hosts")]],
  "sweep-rows": [[file("/tmp/rows.ndjson")]],
  "signed-look": [[script("dump.sh", null)]],
  "signed-twice": [[file("/var/log/b.log")], [script("isolate.sh", "--all")]],
} as const satisfies Record<string, readonly (readonly Command[])[]>;

export type ProfileName = keyof typeof EXPECTED_PARTS;
export const PROFILE_NAMES = [
  "urgent-look",
  "split-collect",
  "ticket-run",
  "sweep-file",
] as const satisfies readonly ProfileName[];

/** Those that somebody has to approve. */
export const APPROVED_NAMES = [
  "signed-look",
  "signed-twice",
] as const satisfies readonly ProfileName[];
/** What sweeps ask for; its result is read as rows. */
export const SWEPT_NAME = "sweep-rows" as const satisfies ProfileName;
const ALL_NAMES = [...PROFILE_NAMES, ...APPROVED_NAMES, SWEPT_NAME];
/** How the result of a command there, `resultText`, is read. */
const ROWS = {
  format: "ndjson",
  columns: [
    { name: "of", type: "text", key: true },
    { name: "result", type: "number" },
  ],
};
const APPROVALS: Readonly<Partial<Record<string, number>>> = {
  "signed-look": 1,
  "signed-twice": 2,
};

/** How many others have to approve what a profile runs; 0 for most. */
export function approvalsFor(name: string): number {
  return APPROVALS[name] ?? 0;
}

/** What is expected for a profile by its name; null if it is none of these. */
export function expectedParts(name: string): readonly (readonly Command[])[] | null {
  const known = ALL_NAMES.find((each) => each === name);
  return known === undefined ? null : EXPECTED_PARTS[known];
}

const LANE_OF = {
  "urgent-look": "urgent",
  "split-collect": "incident",
  "ticket-run": "ticket",
  "sweep-file": "sweep",
  "sweep-rows": "sweep",
  "signed-look": "incident",
  "signed-twice": "urgent",
} as const satisfies Record<ProfileName, LaneName>;

/** The catalogue of these profiles, made by the code that reads those we ship. */
function simulatedCatalogue(): Catalogue {
  const built = buildCatalogue(
    ALL_NAMES.map((name) => ({
      fileName: `${name}.json`,
      json: profileJson(name),
    })),
  );
  if (built.kind === "invalid") throw new Error(JSON.stringify(built.problems));
  return built.value;
}

export const CATALOGUE = simulatedCatalogue();

/** The platforms of each of these profiles. */
export function platformsOf(name: string): readonly Platform[] | null {
  return CATALOGUE.get(name)?.profile.platforms ?? null;
}

function profileJson(name: ProfileName): object {
  const commands = EXPECTED_PARTS[name]
    .flat()
    .map((command: Command) => commandJson(command, name === SWEPT_NAME));
  return {
    name,
    version: 1,
    title: name,
    description: "Made for simulation.",
    platforms: ["linux"],
    lane: LANE_OF[name],
    shell: "posix",
    parameters: {},
    commands,
    inParts: EXPECTED_PARTS[name].length > 1,
    ...(approvalsFor(name) === 0 ? {} : { approvals: approvalsFor(name) }),
  };
}

function commandJson(command: Command, hasRows: boolean): object {
  if (command.type !== "RunScript") return hasRows ? { ...command, rows: ROWS } : command;
  const { type, scriptName, args } = command;
  return args === null ? { type, scriptName } : { type, scriptName, args };
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
