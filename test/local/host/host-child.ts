import { build } from "esbuild";
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";

/** Bundles a program or an app into one file, as `npm run build` does. */
export async function bundle(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    external: ["@azure/functions-core"],
    define: { LRQ_VERSION: '"0"', LRQ_COMMIT: '"0"' },
    banner: {
      js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
    },
    logLevel: "error",
  });
}

export interface HostChild {
  readonly child: ChildProcess;
  readonly stderr: () => string;
  /** How it ended, once all that it said is read. */
  readonly exit: Promise<unknown[]>;
}

/** Starts a bundled host as a process of its own, on a free port, for the app in `root`. */
export function runHost(hostFile: string, root: string, env: Record<string, string>): HostChild {
  const child = spawn(process.execPath, [hostFile, "--root", root], {
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      ...process.env,
      PORT: "0",
      AzureWebJobsStorage: "UseDevelopmentStorage=true",
      ...env,
    },
  });
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (part: string) => (text += part));
  return { child, stderr: () => text, exit: once(child, "close") };
}

/** The address a host says it listens at; empty when it says something else. */
export async function addressOf({ child }: HostChild): Promise<string> {
  if (child.stdout === null) throw new Error("the host has no standard output");
  const [line] = await once(child.stdout, "data");
  const match = /^listening (http:\/\/127\.0\.0\.1:\d+)\n$/.exec(String(line));
  return match?.[1] ?? "";
}
