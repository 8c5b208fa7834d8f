import { readFileSync } from "node:fs";
import type { AuditRecord } from "../../shared/evidence/audit.ts";
import type { CustodyEntry } from "../../shared/evidence/custody.ts";
import { parsePins, type Pins } from "../../shared/plan/library/pins.ts";
import { AUDIT, MANIFEST } from "./custody-folder.ts";
import type { Found } from "./finding.ts";
import { UsageError } from "./command/stop.ts";

/**
 * Holds what ran against the pins. An entry is a finding if its part used a library file that was
 * not as pinned, or of which nobody can say so. Nothing proves what was in a file that changed.
 */
export function checkPins(
  {
    entries,
    records,
  }: {
    readonly entries: ReadonlyMap<number, CustodyEntry>;
    readonly records: readonly AuditRecord[];
  },
  pins: Pins,
  found: Found,
): void {
  for (const [place, entry] of entries) {
    for (const what of wrongIn(entry, pins)) found(MANIFEST, `entry ${place}: ${what}`);
  }
  for (const { event, number, detail, sequences } of records) {
    const [first] = sequences;
    if (event !== "libraryChanged" || first === undefined) continue;
    found(AUDIT, `record ${number}, sequence ${first.sequenceId}: ${detail}`);
  }
}

function wrongIn({ library, command }: CustodyEntry, pins: Pins): string[] {
  if (library === null || library === undefined) {
    return command.type === "RunScript"
      ? [`nothing says which bytes ran as ${command.scriptName}`]
      : [];
  }
  const wrong = library.files.flatMap(({ name, sha256 }) => {
    const pinned = pins.get(name)?.sha256;
    if (pinned === undefined) return [`${name} has no pin`];
    return sha256 === pinned ? [] : [`${name} was ${sha256 ?? "not listed"}, its pin is ${pinned}`];
  });
  const { changedAt } = library;
  if (changedAt !== null) wrong.push(`a library file was changed while it ran, seen ${changedAt}`);
  return wrong;
}

/** The pins in a `library.json`. Throws a `UsageError` that says what is wrong with the file. */
export function pinsIn(path: string): Pins {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new UsageError(`${path} is no file with JSON`);
  }
  const read = parsePins(json);
  if (read.kind === "parsed") return read.value;
  const [first] = read.problems;
  throw new UsageError(`${path} is no list of pins: ${first?.path ?? ""}: ${first?.message ?? ""}`);
}
