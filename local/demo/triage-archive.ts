import { archiveFor, type ArchiveMember } from "../defender-simulator/archive.ts";

/**
 * Events in the archive of a machine: enough to look like something, little enough to be made at
 * once.
 */
const EVENTS = 2_000;
const STARTS_AT_MS = Date.UTC(2026, 10, 20, 8);
const EVERY_MS = 11_000;

/**
 * What a triage script leaves behind on a machine of the demo: an archive that opens, with invented
 * text files in it. The same bytes for the same path and machine.
 */
export function triageArchive(path: string, machine: string): Uint8Array {
  return archiveFor(path, [
    member("about.txt", `Invented for the lrq demo, as if collected from ${machine}.\n`),
    member("processes.csv", processes(machine)),
    member("events.csv", events(machine)),
  ]);
}

function member(name: string, text: string): ArchiveMember {
  return { name, content: Buffer.from(text) };
}

const PROCESSES = ["explorer", "outlook", "loader", "sshd", "svchost", "msmpeng"] as const;

function processes(machine: string): string {
  const rows = PROCESSES.map((name, index) => `${machine},${400 + index * 332},${name}`);
  return `machine,pid,name\n${rows.join("\n")}\n`;
}

function events(machine: string): string {
  const rows = Array.from({ length: EVENTS }, (_, index) => {
    const at = new Date(STARTS_AT_MS + index * EVERY_MS).toISOString();
    return `${at},${machine},${4_600 + ((index * 7) % 120)},${PROCESSES[index % PROCESSES.length]}`;
  });
  return `at,machine,event,process\n${rows.join("\n")}\n`;
}
