import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";

/**
 * The connection string of a storage account nobody has used in this run, in whatever process the
 * test runs. Throws when all accounts of `test/setup.ts` are taken.
 */
export function takeAccount(): string {
  const { connectionStrings, takenFolder } = inject("azurite");
  for (const [number, connectionString] of connectionStrings.entries()) {
    if (take(join(takenFolder, `${number}`))) return connectionString;
  }
  throw new Error(`all ${connectionStrings.length} accounts of test/setup.ts are taken`);
}

/**
 * Whoever creates the file has the account; `wx` fails for all others, other processes included.
 */
function take(path: string): boolean {
  try {
    closeSync(openSync(path, "wx"));
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}
