import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const VERSION = "7.6.9";

/** A PowerShell to run scripts with, or why there is none. */
export type Pwsh =
  | { readonly kind: "found"; readonly path: string }
  | { readonly kind: "none"; readonly why: string };

/**
 * The PowerShell of this machine or, where there is a .NET SDK, one that is fetched once for all
 * clones: NuGet has it as a tool. Windows has most of what the stand-ins stand in for, so there the
 * tests would show something else.
 */
export function findPwsh(): Pwsh {
  if (process.platform === "win32")
    return { kind: "none", why: "its stand-ins are not for Windows" };
  if (spawnSync("pwsh", ["-Version"]).status === 0) return { kind: "found", path: "pwsh" };
  const folder = join(homedir(), ".cache", "lrq", `powershell-${VERSION}`);
  if (!existsSync(folder) && !fetchInto(folder)) {
    return { kind: "none", why: "there is no pwsh, and no .NET SDK that can fetch it" };
  }
  return { kind: "found", path: join(folder, "pwsh") };
}

function fetchInto(folder: string): boolean {
  const partial = `${folder}.${process.pid}`;
  mkdirSync(partial, { recursive: true });
  try {
    const words = ["tool", "install", "PowerShell", "--version", VERSION, "--tool-path", partial];
    if (spawnSync("dotnet", words, { cwd: partial }).status !== 0) return false;
    renameSync(partial, folder);
    return true;
  } catch {
    // Another test may have fetched it meanwhile.
    return existsSync(folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
