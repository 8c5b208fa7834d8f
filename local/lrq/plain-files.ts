import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Found } from "./finding.ts";

/** A run has results of some thousand sequences, some of each; folders lie in folders twice. */
const FILES_MAX = 200_000;
const DEPTH_MAX = 4;
/** The largest manifest there can be has fewer; results are read in constant memory instead. */
const TEXT_BYTES_MAX = 2 ** 28;

/**
 * All plain files below the folder, with forward slashes. Links, pipes, sockets and devices are
 * findings, and so is what lies deeper, or is more, than any export is.
 */
export function plainFilesIn(folder: string, found: Found): string[] {
  const files: string[] = [];
  const look = (below: string, depth: number): void => {
    for (const each of readdirSync(join(folder, below), { withFileTypes: true })) {
      const name = `${below}${each.name}`;
      if (files.length >= FILES_MAX) return;
      if (each.isFile()) files.push(name);
      else if (!each.isDirectory()) found(name, "is not a plain file");
      else if (depth < DEPTH_MAX) look(`${name}/`, depth + 1);
      else found(name, "lies deeper than anything lrq exports");
    }
  };
  look("", 1);
  if (files.length >= FILES_MAX)
    found(".", `has ${FILES_MAX} files or more; not all are looked at`);
  return files;
}

/** The text of a plain file; null, and a finding, if it is none, or too large. */
export function readPlainText(folder: string, name: string, found: Found): string | null {
  let file: number;
  try {
    // Whoever put a link or a pipe there meanwhile must not make us follow it, or wait for it.
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    file = openSync(join(folder, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    found(name, "is missing, or is not a plain file");
    return null;
  }
  try {
    const about = fstatSync(file);
    if (about.isFile() && about.size <= TEXT_BYTES_MAX) return readFileSync(file, "utf8");
    found(name, about.isFile() ? `has more than ${TEXT_BYTES_MAX} bytes` : "is not a plain file");
    return null;
  } finally {
    closeSync(file);
  }
}
