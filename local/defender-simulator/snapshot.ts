import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isRecord } from "./request-body.ts";
import type { TenantState } from "./state.ts";

/**
 * The state that an earlier life wrote, or null if there is none. Throws on a file that is
 * something else.
 */
export function readSnapshot(path: string): TenantState | null {
  if (!existsSync(path)) return null;
  const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (!isSnapshot(parsed)) throw new Error(`${path} is not a snapshot of the Defender simulator`);
  return parsed;
}

/**
 * Whole or not at all: a reader, or the next life after a kill, finds the old state or the new
 * one.
 */
export function writeSnapshot(path: string, state: TenantState): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.new`;
  writeFileSync(temporary, JSON.stringify(state));
  renameSync(temporary, path);
}

/** The version vouches for the rest: nobody but the simulator writes this file. */
function isSnapshot(value: unknown): value is TenantState {
  return isRecord(value) && value["version"] === 1 && Array.isArray(value["actions"]);
}
