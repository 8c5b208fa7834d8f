import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parsePins, PINS_FILE, type Pin, type Pins } from "../../shared/plan/library/pins.ts";
import type { FolderFile } from "./pinned-folder.ts";

/** The pins in `library.json` of the folder; none if it has no such file. Throws what is wrong. */
export function pinsIn(folder: string): Pins {
  const path = join(folder, PINS_FILE);
  if (!existsSync(path)) return new Map();
  const parsed = parsePins(JSON.parse(readFileSync(path, "utf8")));
  if (parsed.kind === "parsed") return parsed.value;
  throw new Error(parsed.problems.map(({ path: at, message }) => `${at}: ${message}`).join(" "));
}

/**
 * A pin for each file, by name. What people wrote about a file stays; its hash, and whether it is
 * signed, are renewed. Pins of files that are gone go.
 */
export function renewedPins(pins: Pins, files: readonly FolderFile[]): readonly Pin[] {
  return files.map(({ name, sha256, isSigned }) => {
    const { description = null, parameters = null } = pins.get(name) ?? {};
    return { name, sha256, description, parameters, signed: isSigned };
  });
}

/** The text of `library.json`, as the formatter leaves it. */
function pinsText(files: readonly Pin[]): string {
  return `${JSON.stringify({ version: 1, files }, null, 2)}\n`;
}

/** Writes it into the folder. */
export function writePins(folder: string, files: readonly Pin[]): void {
  writeFileSync(join(folder, PINS_FILE), pinsText(files));
}
