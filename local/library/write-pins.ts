import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Parsed } from "../../shared/incident/problem.ts";
import { parsePins, PINS_FILE, type Pin, type Pins } from "../../shared/plan/library/pins.ts";
import type { FolderFile } from "./pinned-folder.ts";

/** The pins in `library.json` of the folder; none if it has no such file. Throws what is wrong. */
export function pinsIn(folder: string): Pins {
  const path = join(folder, PINS_FILE);
  if (!existsSync(path)) return new Map();
  return valueOf(parsePins(JSON.parse(readFileSync(path, "utf8"))));
}

/**
 * The pins, with one for each file. What people wrote about a file stays; its hash, and whether it
 * is signed, are renewed. Pins of other files stay: they are of files that only the tenant has, or
 * somebody has to remove them.
 */
export function renewedPins(pins: Pins, files: readonly FolderFile[]): readonly Pin[] {
  const renewed = files.map(({ name, sha256, isSigned }): [string, Pin] => {
    const { description = null, parameters = null } = pins.get(name) ?? {};
    return [name, { name, sha256, description, parameters, signed: isSigned }];
  });
  return [...new Map([...pins, ...renewed]).values()];
}

/**
 * Writes `library.json` into the folder, as the formatter leaves it, by name. Throws what is wrong
 * with the pins, and then writes nothing.
 */
export function writePins(folder: string, pins: readonly Pin[]): void {
  const file = { version: 1, files: pins.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
  valueOf(parsePins(file));
  writeFileSync(join(folder, PINS_FILE), `${JSON.stringify(file, null, 2)}\n`);
}

function valueOf(parsed: Parsed<Pins>): Pins {
  if (parsed.kind === "parsed") return parsed.value;
  throw new Error(parsed.problems.map(({ path, message }) => `${path}: ${message}`).join(" "));
}
