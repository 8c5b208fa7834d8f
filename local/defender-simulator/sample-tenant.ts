import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { RowsKind, SimulatedLibraryFile, SimulatedMachine } from "./options.ts";
import { fraction, hex } from "./random.ts";

/**
 * A tenant to try things on: machines of several platforms, and the library files the profiles
 * name.
 */
export interface SampleTenant {
  readonly machines: readonly SimulatedMachine[];
  readonly library: readonly SimulatedLibraryFile[];
}

const PLATFORMS = ["Windows11", "Windows10", "WindowsServer2022", "Linux", "macOS"] as const;

/**
 * `machines` machines called `pc-0001.corp.contoso.example` and so on, the same for the same seed.
 * Every fifth is Linux or macOS in turn, the others Windows. `change` may alter each, counted from
 * 0.
 */
export function sampleTenant(options: {
  readonly machines: number;
  readonly seed?: number;
  readonly change?: (machine: SimulatedMachine, index: number) => SimulatedMachine;
}): SampleTenant {
  const change = options.change ?? ((machine) => machine);
  const machines = Array.from({ length: options.machines }, (_, index) =>
    change(sampleMachine(index, options.seed ?? 1), index),
  );
  return { machines, library: sampleLibrary() };
}

/** The machine with that place in the sample tenant, counted from 0. */
function sampleMachine(index: number, seed: number): SimulatedMachine {
  const osPlatform = platformOf(index, seed);
  const windows = osPlatform.startsWith("Windows");
  const hosts = windows
    ? "C:\\Windows\\System32\\drivers\\etc\\hosts"
    : osPlatform === "macOS"
      ? "/private/etc/hosts"
      : "/etc/hosts";
  return {
    id: hex(seed, 40, "sample machine", index),
    computerDnsName: `pc-${String(index + 1).padStart(4, "0")}.corp.contoso.example`,
    osPlatform,
    rbacGroupName: windows ? "Workstations" : "Other",
    machineTags: ["sample"],
    files: { [hosts]: { content: new TextEncoder().encode("127.0.0.1 localhost\n") } },
  };
}

/** `library/` of the repository; it is as far up from here as from a bundle in dist/local. */
const LIBRARY = new URL("../../library/", import.meta.url);
/** What lies there for people, and is in no tenant. */
const NOT_UPLOADED = new Set(["README.md", "library.json"]);

/** What scripts of the shipped profiles leave behind on the machine. */
const CREATES: Readonly<Record<string, string>> = {
  "Collect-WindowsTriage.ps1": "C:\\ProgramData\\lrq\\triage.zip",
  "Collect-ProcessDump.ps1": "C:\\ProgramData\\lrq\\process-dump.zip",
  "collect-unix-triage.sh": "/tmp/lrq-triage.tar.gz",
  "Copy-FileForCollection.ps1": "C:\\ProgramData\\lrq\\file.zip",
  "copy-file-for-collection.sh": "/tmp/lrq-file.tar.gz",
};

/** What scripts that list rows list. */
const LISTS: Readonly<Record<string, RowsKind>> = {
  "Get-Autostart.ps1": "autostarts",
  "Get-ScheduledWork.ps1": "scheduled-work",
  "Get-ListeningPort.ps1": "listening-ports",
  "Get-LocalAdministrator.ps1": "local-administrators",
  "list-autostarts.sh": "autostarts",
  "list-scheduled-work.sh": "scheduled-work",
  "list-listening-ports.sh": "listening-ports",
  "list-local-administrators.sh": "local-administrators",
};

/** Stand-ins for what the shipped profiles name and `library/` does not have. */
const STAND_INS = [...Object.keys(CREATES), "windows-triage-list.json"];

/**
 * The very bytes of `library/`, so that their hashes fit the pins. How long a script runs is left
 * out: the default is a draw between 20 and 60 simulated seconds.
 */
function sampleLibrary(): readonly SimulatedLibraryFile[] {
  const here = existsSync(LIBRARY) ? readdirSync(LIBRARY) : [];
  const ours = here.filter((name) => !NOT_UPLOADED.has(name));
  const missing = STAND_INS.filter((name) => !ours.includes(name));
  return [
    ...ours.map((name) => libraryFile(name, readFileSync(new URL(name, LIBRARY)))),
    ...missing.map((name) => libraryFile(name, standIn(name))),
  ];
}

function libraryFile(fileName: string, content: Uint8Array): SimulatedLibraryFile {
  const creates = CREATES[fileName];
  const rows = LISTS[fileName];
  if (rows !== undefined) return { fileName, content, simulate: { rows } };
  return { fileName, content, ...(creates === undefined ? {} : { simulate: { creates } }) };
}

function standIn(name: string): Uint8Array {
  return new TextEncoder().encode(`# Stands in for ${name}; the simulator runs nothing.\n`);
}

function platformOf(index: number, seed: number): string {
  if (index % 10 === 4) return PLATFORMS[3];
  if (index % 10 === 9) return PLATFORMS[4];
  return PLATFORMS[Math.floor(3 * fraction(seed, "platform", index))]!;
}
