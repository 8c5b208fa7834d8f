import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TestProject } from "vitest/node";
import { startAzurite, type AzuriteAccount } from "../local/azurite.ts";

declare module "vitest" {
  interface ProvidedContext {
    azurite: ProvidedAzurite;
  }
}

/** What every test file of the "parts" project is given; `takeAccount` is the way to use it. */
export interface ProvidedAzurite {
  readonly connectionStrings: readonly string[];
  /** A folder of this run, where a taken account leaves an empty file of its number. */
  readonly takenFolder: string;
}

/**
 * One for each test that asks; Azurite learns them from one environment variable, 30 bytes each.
 */
const ACCOUNTS = 200;
/**
 * Builds the bundle and starts the one Azurite all tests of the "parts" project share; returns what
 * ends it.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await buildBundle();
  const accounts = Array.from({ length: ACCOUNTS }, (_, number) => account(number));
  const azurite = await startAzurite({ dir: null, accounts });
  const takenFolder = mkdtempSync(join(tmpdir(), "lrq-accounts-"));
  project.provide("azurite", {
    connectionStrings: accounts.map(({ name }) => azurite.connectionString(name)),
    takenFolder,
  });
  return async () => {
    await azurite.stop();
    rmSync(takenFolder, { recursive: true, force: true });
  };
}

/** Throws if anything cannot be built: no story is about what lies in dist from another day. */
async function buildBundle(): Promise<void> {
  await promisify(execFile)(process.execPath, ["build.mjs", "--quiet"]);
}

function account(number: number): AzuriteAccount {
  const name = `test${number.toString().padStart(4, "0")}`;
  return { name, key: Buffer.from(`key of ${name}`).toString("base64") };
}
