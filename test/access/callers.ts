import { createHash } from "node:crypto";

import type { Caller } from "../../shared/access/caller.ts";
import { parseCallers } from "../../shared/access/caller.ts";

/** The setting's form of a key. */
export function keyHash(key: string): string {
  return `sha256:${createHash("sha256").update(key).digest("hex")}`;
}

/** The callers of a setting that is known to be right. */
export function callersOf(setting: readonly object[]): Caller[] {
  const parsed = parseCallers(JSON.stringify(setting));
  if (parsed.kind === "invalid") throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}
