// @ts-check
// Gives the identity of lrq its rights in Defender, and makes the app registration of its callers.
// A template of Azure cannot: these are rights in Entra. It may run as often as you like.
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { grantCommand } from "./grant-command.mjs";

process.exitCode = await grantCommand(process.argv.slice(2), {
  env: process.env,
  fetch,
  sleep,
  say: console.log,
  tokenFor: tokenOfAzureCli,
});

/** @param {string} resource */
async function tokenOfAzureCli(resource) {
  const words = ["account", "get-access-token", "--resource", resource, "--query", "accessToken"];
  try {
    // On Windows the command is a script, which only a shell starts.
    const shell = process.platform === "win32";
    const { stdout } = await promisify(execFile)("az", [...words, "-o", "tsv"], { shell });
    return stdout.trim();
  } catch {
    throw new Error("there is no token. Sign in with az login, or set GRAPH_TOKEN.");
  }
}
