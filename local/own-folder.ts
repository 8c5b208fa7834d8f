import { chmodSync, mkdirSync } from "node:fs";

/** Only for its owner: keys and evidence lie below. */
const MODE = 0o700;

/**
 * Makes the folder, and those above it, for its owner only. If it is there already, it is closed to
 * everybody else; on Windows it has the rights of its parent.
 */
export function ownFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: MODE });
  if (process.platform !== "win32") chmodSync(path, MODE);
}
